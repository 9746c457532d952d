import { connectJobStopper } from '../src/aws/bedrock-jobs.ts';
import { requiredVariable } from '../src/aws/environment.ts';
import { connectExecutionReader } from '../src/aws/executions.ts';
import { connectInventory } from '../src/aws/job-inventory.ts';
import { connectSlots } from '../src/aws/job-slots.ts';
import { type ExecutionEventDetail, stopJobs } from '../src/steps/stop-jobs.ts';
import { logger, observed } from './observed.ts';

const tableName = requiredVariable('TABLE_NAME');
const inventory = connectInventory(tableName);
const slots = connectSlots(tableName);
const jobs = connectJobStopper();
const executions = connectExecutionReader();

export const handler = observed(({ detail }: { readonly detail: ExecutionEventDetail }) =>
  stopJobs(detail, { inventory, slots, jobs, executions, log: logger }),
);
