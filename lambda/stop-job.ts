import { connectJobStopper } from '../src/aws/bedrock-jobs.ts';
import { requiredVariable } from '../src/aws/environment.ts';
import { connectExecutionReader } from '../src/aws/executions.ts';
import { connectInventory } from '../src/aws/job-inventory.ts';
import { connectSlots } from '../src/aws/job-slots.ts';
import { connectTaskCallbacks } from '../src/aws/task-callbacks.ts';
import { type StopJobInput, stopJob } from '../src/steps/stop-job.ts';
import { observed } from './observed.ts';

const tableName = requiredVariable('TABLE_NAME');
const inventory = connectInventory(tableName);
const slots = connectSlots(tableName);
const jobs = connectJobStopper();
const executions = connectExecutionReader();
const tasks = connectTaskCallbacks();

export const handler = observed((input: StopJobInput) =>
  stopJob(input, { inventory, slots, jobs, executions, tasks, now: Date.now }),
);
