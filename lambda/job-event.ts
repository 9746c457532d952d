import { connectJobReader } from '../src/aws/bedrock-jobs.ts';
import { requiredVariable } from '../src/aws/environment.ts';
import { connectInventory } from '../src/aws/job-inventory.ts';
import { connectSlots } from '../src/aws/job-slots.ts';
import { connectTaskCallbacks } from '../src/aws/task-callbacks.ts';
import { type JobEventDetail, jobEvent } from '../src/steps/job-event.ts';
import { logger, observed } from './observed.ts';

const tableName = requiredVariable('TABLE_NAME');
const inventory = connectInventory(tableName);
const slots = connectSlots(tableName);
const jobs = connectJobReader();
const tasks = connectTaskCallbacks();

export const handler = observed(({ detail }: { readonly detail: JobEventDetail }) =>
  jobEvent(detail, { inventory, slots, jobs, tasks, log: logger }),
);
