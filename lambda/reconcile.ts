import { connectJobStopper } from '../src/aws/bedrock-jobs.ts';
import { requiredVariable } from '../src/aws/environment.ts';
import { connectInventory } from '../src/aws/job-inventory.ts';
import { connectSlots } from '../src/aws/job-slots.ts';
import { connectTaskCallbacks } from '../src/aws/task-callbacks.ts';
import { reconcile } from '../src/steps/reconcile.ts';
import { logger, observed } from './observed.ts';

const tableName = requiredVariable('TABLE_NAME');
const inventory = connectInventory(tableName);
const slots = connectSlots(tableName);
const jobs = connectJobStopper();
const tasks = connectTaskCallbacks();

export const handler = observed(() =>
  reconcile({ inventory, slots, jobs, tasks, log: logger, now: Date.now }),
);
