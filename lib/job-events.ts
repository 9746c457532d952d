import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { BatchFunction } from './batch-function.ts';
import type { InferenceRole } from './inference-role.ts';
import type { JobInventory } from './job-inventory.ts';
import { RunStateMachine } from './run-state-machine.ts';

export interface JobEventsProps {
  readonly inventory: JobInventory;
  readonly inferenceRole: InferenceRole;
}

/** Hears of jobs' status changes and answers the task that waits for the job. */
export class JobEvents extends Construct {
  constructor(scope: Construct, id: string, { inventory, inferenceRole }: JobEventsProps) {
    super(scope, id);
    const fn = new BatchFunction(this, 'job-event', {
      description: "Answers a job's task when the job has ended",
      environment: { TABLE_NAME: inventory.tableName },
      timeout: Duration.minutes(1),
      memoryMb: 512,
    });
    inventory.grantAdvance(fn);
    inferenceRole.grantWatch(fn);
    RunStateMachine.grantTaskResponse(fn);
    new Rule(this, 'JobStateChange', {
      description: 'Amazon Bedrock batch inference jobs changing their status',
      eventPattern: { source: ['aws.bedrock'], detailType: ['Batch Inference Job State Change'] },
      targets: [new LambdaFunction(fn)],
    });
  }
}
