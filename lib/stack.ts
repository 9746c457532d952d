import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DataBucket } from './data-bucket.ts';
import { grantTaskResponse } from './execution-grants.ts';
import { InferenceRole } from './inference-role.ts';
import { JobEvents } from './job-events.ts';
import { JobInventory } from './job-inventory.ts';
import { RunStateMachine } from './run-state-machine.ts';
import { readSettings } from './settings.ts';
import { Steps } from './steps.ts';

/** One table in, the same table with answers out: a state machine around Amazon Bedrock's batch inference jobs. */
export class BedrockBatchStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const settings = readSettings(this.node);

    const data = new DataBucket(this, 'DataBucket');
    const inventory = new JobInventory(this, 'JobInventory');
    const inferenceRole = new InferenceRole(this, 'InferenceRole', { data });
    const steps = new Steps(this, 'Steps', { data, inventory, inferenceRole, settings });
    const run = new RunStateMachine(this, 'Run', { data, steps, settings });
    new JobEvents(this, 'JobEvents', { inventory, inferenceRole, run });

    grantTaskResponse(steps.runJob);
    grantTaskResponse(steps.stopJob);

    new CfnOutput(this, 'bucketName', { value: data.bucketName, description: 'Upload tables below inputs/' });
    new CfnOutput(this, 'stepFunctionName', {
      value: run.name,
      description: 'Start an execution to run a table',
    });
  }
}
