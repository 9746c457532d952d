import { connectJobReader } from '../src/aws/bedrock-jobs.ts';
import { requiredVariable } from '../src/aws/environment.ts';
import { connectInventory } from '../src/aws/job-inventory.ts';
import { connectTaskCallbacks } from '../src/aws/task-callbacks.ts';
import { type JobEventDetail, jobEvent } from '../src/steps/job-event.ts';
import { logger, observed } from './observed.ts';

const inventory = connectInventory(requiredVariable('TABLE_NAME'));
const jobs = connectJobReader();
const tasks = connectTaskCallbacks();

export const handler = observed(({ detail }: { readonly detail: JobEventDetail }) =>
  jobEvent(detail, { inventory, jobs, tasks, log: logger }),
);
