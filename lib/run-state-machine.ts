import { ArnFormat, Aws, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Grant, type PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  type Chain,
  DefinitionBody,
  DistributedMap,
  type IChainable,
  IntegrationPattern,
  JitterType,
  LogLevel,
  OutputType,
  QueryLanguage,
  ResultWriterV2,
  S3JsonLItemReader,
  StateMachine,
  StateMachineType,
  TaskInput,
  Timeout,
  Transformation,
  WriterConfig,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { prefixes } from '../src/batch/keys.ts';
import { finalErrors } from '../src/errors.ts';
import { acknowledge, reference, wildcard } from './acknowledge.ts';
import type { DataBucket } from './data-bucket.ts';
import type { Settings } from './settings.ts';
import type { Steps } from './steps.ts';

export interface RunStateMachineProps {
  readonly data: DataBucket;
  readonly steps: Steps;
  readonly settings: Settings;
}

/** Outputs are joined by as many executions at once; each reads and writes whole files. */
const PARTS_AT_ONCE = 40;
/** Lambda's own limit and a little more: the function's answer wins over the state's timeout. */
const functionTimeout = Timeout.duration(Duration.minutes(16));
/** What no further try can mend: our own refusals, AWS's, and defects of the code. */
const hopeless = [
  ...finalErrors,
  ...[
    'ValidationException',
    'AccessDeniedException',
    'AccessDenied',
    'ResourceNotFoundException',
    'ConflictException',
  ],
  ...['TypeError', 'RangeError', 'ReferenceError', 'SyntaxError'],
];
/** The function died. Every step may run again; one that dies each time, by its size, should not do so all night. */
const deaths = ['Lambda.Unknown', 'Runtime.ExitError', 'Sandbox.Timedout'];

/**
 * Preprocess → ProcessChunks (PrepareInput → RunJob → Postprocess for each chunk) → AssembleOutput → Summarize. Nothing in the
 * state grows with the run: manifests and reports are objects in S3.
 */
export class RunStateMachine extends Construct {
  readonly #stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: RunStateMachineProps) {
    super(scope, id);
    this.#stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineName: stateMachineName(),
      stateMachineType: StateMachineType.STANDARD,
      queryLanguage: QueryLanguage.JSONATA,
      definitionBody: DefinitionBody.fromChainable(this.#definition(props)),
      tracingEnabled: true,
      logs: {
        level: LogLevel.ALL,
        destination: new LogGroup(this, 'Logs', {
          logGroupName: `/aws/vendedlogs/states/${stateMachineName()}`,
          retention: RetentionDays.THREE_MONTHS,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      },
    });
    // The Distributed Maps read their manifests and write their reports as the state machine.
    props.data.grantRead(this.#stateMachine, prefixes.runs);
    props.data.grantWrite(this.#stateMachine, prefixes.runs);
    this.#acknowledge(props);
  }

  #acknowledge({ steps }: RunStateMachineProps): void {
    const versions = steps.all.map((fn) => wildcard(`${reference(fn.node.findChild('Resource'), 'Arn')}:*`));
    acknowledge(
      this,
      'CDK lets a state machine invoke any version of the functions that are its tasks.',
      ...versions,
    );
    const stateMachine = reference(this.#stateMachine.node.findChild('Resource')).slice(1, -1);
    const execution = `arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:{"Fn::Select":[6,{"Fn::Split":[":",{"Ref":"${stateMachine}"}]}]}`;
    const children = [':*', '/ProcessChunks:*', '/AssembleOutput:*'].map((names) =>
      wildcard(execution + names),
    );
    acknowledge(
      this,
      'A Distributed Map describes and stops its own child executions, which Step Functions names.',
      ...children,
    );
    acknowledge(this, 'X-Ray and the delivery of logs have no resources to name in a policy.', wildcard('*'));
  }

  get name(): string {
    return this.#stateMachine.stateMachineName;
  }

  #definition({ data, steps, settings }: RunStateMachineProps): Chain {
    const preprocess = this.#invoke('Preprocess', steps.preprocess, {
      payload: {
        run_id: '{% $states.context.Execution.Name %}',
        execution_arn: '{% $states.context.Execution.Id %}',
        started_at: '{% $states.context.Execution.StartTime %}',
        request: '{% $states.input %}',
      },
      assign: { run: '{% $states.result.Payload %}' },
    });
    const processChunks = this.#mapOver('ProcessChunks', data, {
      manifestKey: '{% $run.chunks_key %}',
      reportPrefix: '{% $run.chunk_reports_prefix %}',
      itemName: 'chunk',
      maxConcurrency: settings.maxSubmittedAndInProgressJobs,
      // A chunk that fails must not sink the others: its rows become missing, and are said to be.
      toleratedFailurePercentage: 100,
      child: this.#chunk(steps, settings),
      assign: { chunk_results: '{% $states.result %}' },
    });
    const assembleOutput = this.#mapOver('AssembleOutput', data, {
      manifestKey: '{% $run.parts_key %}',
      reportPrefix: '{% $run.part_reports_prefix %}',
      itemName: 'part',
      maxConcurrency: PARTS_AT_ONCE,
      toleratedFailurePercentage: 0,
      child: this.#invoke('JoinPart', steps.assembleOutput, {
        payload: '{% $states.input %}',
        outputs: '{% $states.result.Payload %}',
      }),
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
    return preprocess.next(processChunks).next(assembleOutput).next(summarize);
  }

  #chunk(steps: Steps, settings: Settings): IChainable {
    const prepareInput = this.#invoke('PrepareInput', steps.prepareInput, {
      payload: '{% $merge([$states.input, {"attempt": 1}]) %}',
      outputs: '{% $merge([$states.input, {"attempt": 1, "prepared": $states.result.Payload}]) %}',
    });
    const postprocess = this.#invoke('Postprocess', steps.postprocess, {
      payload: '{% $states.input %}',
      outputs: '{% $states.result.Payload %}',
    });
    const runJob = this.#runJob(steps, settings);
    runJob.addCatch(postprocess, {
      errors: ['States.ALL'],
      // Whatever the job did write is collected all the same, and each row says why it has no answer.
      outputs:
        '{% $merge([$states.input, {"job": {"status": "NotCompleted", "failure": {"error": $states.errorOutput.Error, "cause": $states.errorOutput.Cause}}}]) %}',
    });
    return prepareInput.next(runJob).next(postprocess);
  }

  #runJob(steps: Steps, { bedrockBatchInferenceTimeoutHours }: Settings): LambdaInvoke {
    const runJob = LambdaInvoke.jsonata(this, 'RunJob', {
      lambdaFunction: steps.runJob,
      integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
      payload: TaskInput.fromText(
        '{% $merge([$states.input, {"task_token": $states.context.Task.Token}]) %}',
      ),
      outputs: '{% $merge([$states.input, {"job": $states.result}]) %}',
      // Bedrock ends the job by then; an hour more for the news of it to come.
      taskTimeout: Timeout.duration(Duration.hours(bedrockBatchInferenceTimeoutHours + 1)),
      retryOnServiceExceptions: false,
    });
    runJob.addRetry({ errors: hopeless, maxAttempts: 0 });
    runJob.addRetry({
      errors: ['JobSlotUnavailable'],
      interval: Duration.minutes(1),
      backoffRate: 1.5,
      maxDelay: Duration.minutes(10),
      maxAttempts: 1000,
      jitterStrategy: JitterType.FULL,
    });
    // To give up on a job that may be running is to pay for answers that nobody reads, so this goes on for hours.
    return addPatience(runJob, 50);
  }

  #invoke(id: string, lambdaFunction: IFunction, { payload, outputs, assign }: InvokeProps): LambdaInvoke {
    const task = LambdaInvoke.jsonata(this, id, {
      lambdaFunction,
      payload: typeof payload === 'string' ? TaskInput.fromText(payload) : TaskInput.fromObject(payload),
      taskTimeout: functionTimeout,
      retryOnServiceExceptions: false,
      ...(outputs === undefined ? {} : { outputs }),
      ...(assign === undefined ? {} : { assign }),
    });
    task.addRetry({ errors: hopeless, maxAttempts: 0 });
    return addPatience(task, 10);
  }

  #mapOver(id: string, { bucket }: DataBucket, props: MapProps): DistributedMap {
    const map = DistributedMap.jsonata(this, id, {
      label: id,
      mapExecutionType: StateMachineType.STANDARD,
      itemReader: new RunsManifestReader({ bucket, key: props.manifestKey }),
      itemSelector: { run: '{% $run %}', [props.itemName]: '{% $states.context.Map.Item.Value %}' },
      maxConcurrency: props.maxConcurrency,
      toleratedFailurePercentage: props.toleratedFailurePercentage,
      resultWriterV2: new RunsResultWriter({
        bucket,
        prefix: props.reportPrefix,
        writerConfig: new WriterConfig({
          transformation: Transformation.COMPACT,
          outputType: OutputType.JSONL,
        }),
      }),
      assign: props.assign,
    });
    return map.itemProcessor(props.child);
  }

  /** Answering the tokens of its tasks. By the name: a function that the machine invokes cannot wait for its ARN. */
  static grantTaskResponse(grantee: IFunction): void {
    const stateMachineArn = Stack.of(grantee).formatArn({
      service: 'states',
      resource: 'stateMachine',
      resourceName: stateMachineName(),
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    // A task of a Distributed Map may count as one of the machine's labelled child, `{machine}/{label}`.
    const resourceArns = [stateMachineArn, `${stateMachineArn}/*`];
    Grant.addToPrincipal({ grantee, actions: ['states:SendTaskSuccess'], resourceArns });
    const child = wildcard(
      'arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:stateMachine:<AWS::StackName>-run/*',
    );
    acknowledge(grantee, 'The labels of the Distributed Maps of this state machine.', child);
  }
}

// CDK's own grants for reader and writer are the whole bucket, the user's tables included; this stack's are the prefix of the runs.

class RunsManifestReader extends S3JsonLItemReader {
  override providePolicyStatements(): PolicyStatement[] {
    return [];
  }
}

class RunsResultWriter extends ResultWriterV2 {
  override providePolicyStatements(): PolicyStatement[] {
    return [];
  }
}

interface InvokeProps {
  readonly payload: string | Readonly<Record<string, string>>;
  readonly outputs?: string;
  readonly assign?: Readonly<Record<string, string>>;
}

interface MapProps {
  readonly manifestKey: string;
  readonly reportPrefix: string;
  readonly itemName: string;
  readonly maxConcurrency: number;
  readonly toleratedFailurePercentage: number;
  readonly child: IChainable;
  readonly assign: Readonly<Record<string, string>>;
}

const stateMachineName = () => `${Aws.STACK_NAME}-run`;

/** Throttles, resets, errors of a service: the step runs again after seconds at first, then every few minutes. */
function addPatience(task: LambdaInvoke, maxAttempts: number): LambdaInvoke {
  task.addRetry({ errors: deaths, interval: Duration.seconds(2), maxAttempts: 2 });
  task.addRetry({
    errors: ['States.TaskFailed'],
    interval: Duration.seconds(2),
    backoffRate: 2,
    maxDelay: Duration.minutes(5),
    maxAttempts,
    jitterStrategy: JitterType.FULL,
  });
  return task;
}
