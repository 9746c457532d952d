import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import {
  type Chain,
  Choice,
  Condition,
  type IChainable,
  IntegrationPattern,
  Succeed,
  TaskInput,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { jobRefusals } from '../src/errors.ts';
import type { DataBucket } from './data-bucket.ts';
import { deadline } from './deadline.ts';
import {
  addPatience,
  deaths,
  hopeless,
  silence,
  waitForFunctions,
  waitForModel,
  waitForSlots,
} from './retries.ts';
import { mapOver } from './run-map.ts';
import type { Settings } from './settings.ts';
import type { Steps } from './steps.ts';

export interface RunDefinitionProps {
  readonly data: DataBucket;
  readonly steps: Steps;
  readonly settings: Settings;
}

/** Outputs are joined by as many executions at once; each reads and writes whole files. */
const PARTS_AT_ONCE = 40;
/** JSONata of what a task that waits for a token tells its function. */
const asked = '{"task_token": $states.context.Task.Token, "asked_at": $millis()}';
/** Why a task was given up. */
const failure = '{"error": $states.errorOutput.Error, "cause": $states.errorOutput.Cause}';
/** Tries over hours: whoever gives up on a chunk leaves answers that were paid for. */
const LONG = 50;
/** Lambda's own limit and a little more: the function's answer wins over the state's timeout. */
const functionTimeout = Timeout.duration(Duration.minutes(16));
/**
 * Preprocess → ProcessChunks (PrepareInput → RunJob → Postprocess for each chunk) → AssembleOutput → Summarize. Nothing in the
 * state grows with the run: manifests and reports are objects in S3.
 */
export class RunDefinition {
  readonly #scope: Construct;
  readonly #props: RunDefinitionProps;

  constructor(scope: Construct, props: RunDefinitionProps) {
    this.#scope = scope;
    this.#props = props;
  }

  chain(): Chain {
    const { data, steps, settings } = this.#props;
    const preprocess = this.#preprocess(steps);
    const processChunks = mapOver(this.#scope, 'ProcessChunks', data, {
      manifestKey: '{% $run.chunks_key %}',
      reportPrefix: '{% $run.chunk_reports_prefix %}',
      itemName: 'chunk',
      maxConcurrency: settings.maxSubmittedAndInProgressJobs,
      child: this.#chunk(steps, settings),
      // A chunk that fails must not sink the others: its rows become missing, and are said to be.
      toleratedFailurePercentage: 100,
      assign: { chunk_results: '{% $states.result %}' },
    });
    const assembleOutput = mapOver(this.#scope, 'AssembleOutput', data, {
      manifestKey: '{% $run.parts_key %}',
      reportPrefix: '{% $run.part_reports_prefix %}',
      itemName: 'part',
      maxConcurrency: PARTS_AT_ONCE,
      child: this.#part(steps),
      // A part that fails fails the run here, so that a redrive joins that part again.
      toleratedFailurePercentage: 0,
      assign: { part_results: '{% $states.result %}' },
    });
    const summarize = this.#invoke('Summarize', steps.summarize, {
      payload: {
        run: '{% $run %}',
        chunks: '{% $chunk_results %}',
        parts: '{% $part_results %}',
      },
      outputs: '{% $states.result.Payload %}',
    });
    // A dataset that is not read in one invocation is read on in the next.
    const isRead = Choice.jsonata(this.#scope, 'IsDatasetRead');
    isRead.when(Condition.jsonata('{% $exists($run.unfinished) %}'), preprocess).otherwise(processChunks);
    processChunks.next(assembleOutput).next(summarize);
    return preprocess.next(isRead);
  }

  #preprocess(steps: Steps): LambdaInvoke {
    return this.#invoke('Preprocess', steps.preprocess, {
      payload: {
        run_id: '{% $states.context.Execution.Name %}',
        execution_arn: '{% $states.context.Execution.Id %}',
        started_at: '{% $states.context.Execution.StartTime %}',
        request: '{% $states.context.Execution.Input %}',
      },
      assign: { run: '{% $states.result.Payload %}' },
    });
  }

  /** Joins a part, in as many invocations as it takes. */
  #part(steps: Steps): IChainable {
    const join = this.#invoke('JoinPart', steps.assembleOutput, {
      payload: '{% $states.input %}',
      outputs: '{% $exists($states.result.Payload.unfinished) ? $states.input : $states.result.Payload %}',
    });
    const isJoined = Choice.jsonata(this.#scope, 'IsPartJoined');
    const unfinished = Condition.jsonata('{% $exists($states.input.part) %}');
    isJoined.when(unfinished, join).otherwise(Succeed.jsonata(this.#scope, 'PartJoined'));
    return join.next(isJoined);
  }

  #chunk(steps: Steps, settings: Settings): IChainable {
    const first = '{"attempt": 1, "earlier": []}';
    const prepareInput = this.#invoke('PrepareInput', steps.prepareInput, {
      tries: LONG,
      payload: `{% $merge([${first}, $states.input, ${deadline.told}]) %}`,
      // What is collected begins with the attempt that it had come to.
      outputs: `{% $merge([${first}, $states.input, $states.result.Payload.found, {"prepared": $states.result.Payload}]) %}`,
    });
    const postprocess = this.#invoke('Postprocess', steps.postprocess, {
      tries: LONG,
      payload: `{% $merge([$states.input, ${deadline.told}]) %}`,
      // Another attempt begins with what a first one has, and what became of those before it.
      outputs:
        '{% $exists($states.result.Payload.retry) ? $merge([{"run": $states.input.run, "chunk": $states.input.chunk}, $states.result.Payload.retry]) : $states.result.Payload %}',
    });
    const isDone = Choice.jsonata(this.#scope, 'IsChunkDone');
    isDone
      .when(Condition.jsonata('{% $exists($states.input.chunk) %}'), prepareInput)
      .otherwise(Succeed.jsonata(this.#scope, 'ChunkDone'));
    postprocess.next(isDone);
    const { runJob, stopJob } = this.#job(steps, settings, postprocess);
    const goes = (way: string) => Condition.jsonata(`{% $states.input.prepared.way = "${way}" %}`);
    const route = Choice.jsonata(this.#scope, 'Route')
      .when(goes('on_demand'), this.#onDemand(steps, settings, postprocess))
      .when(goes('collect'), stopJob)
      .otherwise(runJob);
    return prepareInput.next(route);
  }

  /** Whatever was written is collected all the same, and each row says why it has no answer. */
  #collectAfter(
    task: LambdaInvoke,
    postprocess: LambdaInvoke,
    errors: readonly string[] = ['States.ALL'],
  ): void {
    task.addCatch(postprocess, {
      errors: [...errors],
      outputs: `{% $merge([$states.input, {"job": {"status": "NotCompleted", "failure": ${failure}}}]) %}`,
    });
  }

  #job(
    steps: Steps,
    settings: Settings,
    postprocess: LambdaInvoke,
  ): Record<'runJob' | 'stopJob', LambdaInvoke> {
    const runJob = this.#runJob(steps, settings);
    const stopJob = this.#stopJob(steps);
    // Bedrock has ended no job that runs on past its time, or the news of it was lost: it is stopped, and what it did is kept.
    runJob.addCatch(stopJob, { errors: ['States.Timeout'], outputs: '{% $states.input %}' });
    this.#collectAfter(runJob, postprocess, jobRefusals);
    // After any other error there may be a job.
    const outputs = `{% $merge([$states.input, {"failure": ${failure}}]) %}`;
    runJob.addCatch(stopJob, { errors: ['States.ALL'], outputs });
    this.#collectAfter(stopJob, postprocess);
    stopJob.next(postprocess);
    runJob.next(postprocess);
    return { runJob, stopJob };
  }

  #stopJob(steps: Steps): LambdaInvoke {
    const failed = '$states.result.status = "NotSubmitted" and $exists($states.input.failure)';
    const notCompleted = '{"status": "NotCompleted", "failure": $states.input.failure}';
    const stopJob = LambdaInvoke.jsonata(this.#scope, 'StopJob', {
      lambdaFunction: steps.stopJob,
      integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
      payload: TaskInput.fromText(`{% $merge([$states.input, ${asked}]) %}`),
      outputs: `{% $merge([$states.input, {"job": ${failed} ? ${notCompleted} : $states.result}]) %}`,
      taskTimeout: Timeout.duration(Duration.hours(2)),
      retryOnServiceExceptions: false,
    });
    stopJob.addRetry({ errors: hopeless, maxAttempts: 0 });
    waitForFunctions(stopJob);
    return addPatience(stopJob, 20);
  }

  /** Fewer records than a job takes, in as many invocations as they need. */
  #onDemand(steps: Steps, settings: Settings, postprocess: LambdaInvoke): IChainable {
    const { maxSubmittedAndInProgressJobs: most } = settings;
    const invoke = this.#invoke('InvokeOnDemand', steps.invokeOnDemand, {
      payload: `{% $merge([$states.input, {"chunks_at_once": $min([$states.input.run.chunk_count, ${most}])}]) %}`,
      outputs:
        '{% $exists($states.result.Payload.unfinished) ? $states.input : $merge([$states.input, {"job": $states.result.Payload}]) %}',
      beforePatience: waitForModel,
    });
    this.#collectAfter(invoke, postprocess);
    const isInvoked = Choice.jsonata(this.#scope, 'IsInvoked');
    isInvoked.when(Condition.jsonata('{% $exists($states.input.job) %}'), postprocess).otherwise(invoke);
    return invoke.next(isInvoked);
  }

  #runJob(steps: Steps, { bedrockBatchInferenceTimeoutHours }: Settings): LambdaInvoke {
    // Bedrock ends the job by then; an hour more for the news of it to come.
    const longest = Duration.hours(bedrockBatchInferenceTimeoutHours + 1);
    const runJob = LambdaInvoke.jsonata(this.#scope, 'RunJob', {
      lambdaFunction: steps.runJob,
      integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
      payload: TaskInput.fromText(`{% $merge([$states.input, ${deadline.told}, ${asked}]) %}`),
      outputs: '{% $merge([$states.input, {"job": $states.result}]) %}',
      taskTimeout: Timeout.jsonata(deadline.secondsLeft(longest, steps.runJob.timeout)),
      retryOnServiceExceptions: false,
    });
    runJob.addRetry({ errors: hopeless, maxAttempts: 0 });
    waitForFunctions(runJob);
    waitForSlots(runJob);
    // To give up on a job that may be running is to pay for answers that nobody reads, so this goes on for hours.
    return addPatience(runJob, LONG);
  }

  #invoke(id: string, lambdaFunction: IFunction, props: InvokeProps): LambdaInvoke {
    const { payload, outputs, assign, beforePatience } = props;
    const task = LambdaInvoke.jsonata(this.#scope, id, {
      lambdaFunction,
      payload: typeof payload === 'string' ? TaskInput.fromText(payload) : TaskInput.fromObject(payload),
      taskTimeout: functionTimeout,
      retryOnServiceExceptions: false,
      ...(outputs === undefined ? {} : { outputs }),
      ...(assign === undefined ? {} : { assign }),
    });
    task.addRetry({ errors: hopeless, maxAttempts: 0 });
    waitForFunctions(task);
    beforePatience?.(task);
    task.addRetry({ errors: [...deaths, silence], interval: Duration.seconds(2), maxAttempts: 5 });
    return addPatience(task, props.tries ?? 10);
  }
}

interface InvokeProps {
  readonly payload: string | Readonly<Record<string, string>>;
  readonly outputs?: string;
  readonly assign?: Readonly<Record<string, string>>;
  /** After faults of whatever kind. */
  readonly tries?: number;
  /** Retries of its own, which count before the general ones. */
  readonly beforePatience?: (task: LambdaInvoke) => unknown;
}
