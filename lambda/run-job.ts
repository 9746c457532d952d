import { connectJobs } from '../src/aws/bedrock-jobs.ts';
import { requiredNumber, requiredVariable } from '../src/aws/environment.ts';
import { connectExecutionReader } from '../src/aws/executions.ts';
import { connectInventory } from '../src/aws/job-inventory.ts';
import { connectSlots } from '../src/aws/job-slots.ts';
import { connectTaskCallbacks } from '../src/aws/task-callbacks.ts';
import { type RunJobInput, runJob } from '../src/steps/run-job.ts';
import { observed } from './observed.ts';

const tableName = requiredVariable('TABLE_NAME');
const inventory = connectInventory(tableName);
const slots = connectSlots(tableName, requiredNumber('MAX_SUBMITTED_AND_IN_PROGRESS_JOBS'));
const jobs = connectJobs({
  roleArn: requiredVariable('BEDROCK_ROLE_ARN'),
  timeoutDurationInHours: requiredNumber('JOB_TIMEOUT_HOURS'),
});
const executions = connectExecutionReader();
const tasks = connectTaskCallbacks();

export const handler = observed((input: RunJobInput) =>
  runJob(input, { inventory, slots, jobs, executions, tasks }),
);
