import { Duration } from 'aws-cdk-lib';
import { Rule, type RuleProps, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { BatchFunction } from './batch-function.ts';
import { DeadLetters } from './dead-letters.ts';
import { grantDescribe, grantTaskResponse, grantTaskWatch } from './execution-grants.ts';
import type { InferenceRole } from './inference-role.ts';
import type { JobInventory } from './job-inventory.ts';
import type { RunStateMachine } from './run-state-machine.ts';

export interface JobEventsProps {
  readonly inventory: JobInventory;
  readonly inferenceRole: InferenceRole;
  readonly run: RunStateMachine;
}

/** Whoever hears of jobs and executions, and looks after the jobs of which nobody heard. */
export class JobEvents extends Construct {
  readonly #props: JobEventsProps;
  readonly #deadLetters: DeadLetters;

  constructor(scope: Construct, id: string, props: JobEventsProps) {
    super(scope, id);
    this.#props = props;
    this.#deadLetters = new DeadLetters(this, 'DeadLetters');
    this.#jobEvent();
    this.#stopJobs();
    this.#reconcile();
  }

  #jobEvent(): void {
    const { inventory, inferenceRole } = this.#props;
    const fn = this.#function(
      'job-event',
      "Answers a job's task when the job has ended",
      Duration.minutes(1),
    );
    inventory.grantAdvance(fn);
    inferenceRole.grantWatch(fn);
    grantTaskResponse(fn);
    this.#on(fn, 'JobStateChange', {
      description: 'Amazon Bedrock batch inference jobs changing their status',
      eventPattern: { source: ['aws.bedrock'], detailType: ['Batch Inference Job State Change'] },
    });
  }

  /** Jobs bill until they are stopped. */
  #stopJobs(): void {
    const { inventory, inferenceRole, run } = this.#props;
    const fn = this.#function(
      'stop-jobs',
      'Stops the jobs of an execution that was broken off',
      Duration.minutes(15),
    );
    inventory.grantAdvance(fn);
    inventory.grantFind(fn);
    inferenceRole.grantStop(fn);
    grantDescribe(fn);
    this.#on(fn, 'ExecutionBrokenOff', {
      description: 'Executions of the state machine that ended without success',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: [run.arn], status: ['ABORTED', 'TIMED_OUT', 'FAILED'] },
      },
    });
  }

  #reconcile(): void {
    const { inventory, inferenceRole } = this.#props;
    const what = 'Does what a lost event, a killed function or a stopped execution left undone';
    const fn = this.#function('reconcile', what, Duration.minutes(15));
    inventory.grantAdvance(fn);
    inferenceRole.grantStop(fn);
    grantTaskResponse(fn);
    grantTaskWatch(fn);
    this.#on(fn, 'EveryQuarter', {
      description: 'Looks after the batch inference jobs that are in flight',
      schedule: Schedule.rate(Duration.minutes(15)),
    });
  }

  #function(name: string, description: string, timeout: Duration): BatchFunction {
    const environment = { TABLE_NAME: this.#props.inventory.tableName };
    const deadLetterQueue = this.#deadLetters.queue;
    return new BatchFunction(this, name, {
      description,
      environment,
      timeout,
      memoryMb: 512,
      deadLetterQueue,
    });
  }

  #on(fn: BatchFunction, id: string, props: RuleProps): void {
    const target = new LambdaFunction(fn, { deadLetterQueue: this.#deadLetters.queue });
    new Rule(this, id, { ...props, targets: [target] });
  }
}
