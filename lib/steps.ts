import { ArnFormat, Duration, Size, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { prefixes, readablePrefixes } from '../src/batch/keys.ts';
import { BatchFunction } from './batch-function.ts';
import type { DataBucket } from './data-bucket.ts';
import { grantDescribe } from './execution-grants.ts';
import type { InferenceRole } from './inference-role.ts';
import type { JobInventory } from './job-inventory.ts';
import type { Settings } from './settings.ts';

export interface StepsProps {
  readonly data: DataBucket;
  readonly inventory: JobInventory;
  readonly inferenceRole: InferenceRole;
  readonly settings: Settings;
}

/** What Lambda allows at most; long reads and joins are bounded by it. */
const longest = Duration.minutes(15);
const outputs = [prefixes.csvOutput, prefixes.parquetOutput, prefixes.jsonlOutput];

/** The functions behind the state machine's steps, each with the permissions of its step alone. */
export class Steps extends Construct {
  readonly preprocess: BatchFunction;
  readonly prepareInput: BatchFunction;
  readonly runJob: BatchFunction;
  readonly stopJob: BatchFunction;
  readonly invokeOnDemand: BatchFunction;
  readonly postprocess: BatchFunction;
  readonly assembleOutput: BatchFunction;
  readonly summarize: BatchFunction;

  constructor(scope: Construct, id: string, props: StepsProps) {
    super(scope, id);
    this.preprocess = this.#preprocess(props);
    grantDescribe(this.preprocess);
    this.prepareInput = this.#prepareInput(props);
    this.runJob = this.#runJob(props);
    this.stopJob = this.#stopJob(props);
    this.invokeOnDemand = this.#invokeOnDemand(props);
    this.postprocess = this.#postprocess(props);
    this.assembleOutput = this.#assembleOutput(props);
    this.summarize = this.#summarize(props);
  }

  get all(): readonly BatchFunction[] {
    return [
      this.preprocess,
      this.prepareInput,
      this.runJob,
      this.stopJob,
      this.invokeOnDemand,
      this.postprocess,
      this.assembleOutput,
      this.summarize,
    ];
  }

  #preprocess({ data, settings }: StepsProps): BatchFunction {
    const fn = new BatchFunction(this, 'preprocess', {
      description: 'Checks the request and the dataset, and decides chunks and parts',
      environment: {
        BUCKET_NAME: data.bucketName,
        MAX_RECORDS_PER_JOB: String(settings.maxRecordsPerJob),
        MAX_TOTAL_RECORDS: settings.maxTotalRecords === undefined ? '' : String(settings.maxTotalRecords),
        HF_ENDPOINT: settings.huggingFaceEndpoint ?? '',
        HF_TOKEN_SECRET_NAME: settings.huggingFaceTokenSecretName ?? '',
      },
      timeout: longest,
      memoryMb: settings.preprocessFunctionMemoryMb,
    });
    data.grantRead(fn, ...readablePrefixes, prefixes.runs);
    data.grantReadVersions(fn, ...readablePrefixes, prefixes.runs);
    data.grantList(fn, ...readablePrefixes, prefixes.runs);
    data.grantWrite(fn, prefixes.runs, prefixes.huggingFace);
    if (settings.huggingFaceTokenSecretName !== undefined) {
      this.#grantSecret(fn, settings.huggingFaceTokenSecretName);
    }
    return fn;
  }

  /** Secrets Manager adds a hyphen and six characters to the name in a secret's ARN. */
  #grantSecret(fn: BatchFunction, name: string): void {
    const secret = Stack.of(this).formatArn({
      service: 'secretsmanager',
      resource: 'secret',
      resourceName: `${name}-??????`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    fn.addToRolePolicy(
      new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [secret] }),
    );
  }

  #prepareInput({ data, settings }: StepsProps): BatchFunction {
    const fn = new BatchFunction(this, 'prepare-input', {
      description: "Writes a chunk's records for its job",
      environment: { BUCKET_NAME: data.bucketName },
      timeout: longest,
      memoryMb: settings.preprocessFunctionMemoryMb,
    });
    data.grantRead(fn, prefixes.runs);
    data.grantReadVersions(fn, ...readablePrefixes, prefixes.runs);
    data.grantList(fn, prefixes.runs);
    data.grantWrite(fn, prefixes.jobInputs);
    return fn;
  }

  #runJob({ inventory, inferenceRole, settings }: StepsProps): BatchFunction {
    const fn = new BatchFunction(this, 'run-job', {
      description: 'Enters a job in the inventory and submits it once',
      environment: {
        TABLE_NAME: inventory.tableName,
        BEDROCK_ROLE_ARN: inferenceRole.roleArn,
        JOB_TIMEOUT_HOURS: String(settings.bedrockBatchInferenceTimeoutHours),
        MAX_SUBMITTED_AND_IN_PROGRESS_JOBS: String(settings.maxSubmittedAndInProgressJobs),
      },
      timeout: Duration.minutes(2),
      memoryMb: 512,
    });
    inventory.grantLedger(fn);
    inferenceRole.grantSubmit(fn);
    inferenceRole.grantStop(fn);
    grantDescribe(fn);
    return fn;
  }

  #stopJob({ inventory, inferenceRole }: StepsProps): BatchFunction {
    const fn = new BatchFunction(this, 'stop-job', {
      description: 'Stops a job that ran past its time, and waits for what it leaves',
      environment: { TABLE_NAME: inventory.tableName },
      timeout: Duration.minutes(2),
      memoryMb: 512,
    });
    inventory.grantAdvance(fn);
    inferenceRole.grantStop(fn);
    grantDescribe(fn);
    return fn;
  }

  #invokeOnDemand({ data, inventory, inferenceRole }: StepsProps): BatchFunction {
    const fn = new BatchFunction(this, 'invoke-on-demand', {
      description: 'Asks the model for records that are too few for a job, or too late for one',
      environment: { BUCKET_NAME: data.bucketName, TABLE_NAME: inventory.tableName },
      timeout: longest,
      memoryMb: 1024,
    });
    data.grantRead(fn, prefixes.jobInputs, prefixes.jobOutputs);
    data.grantReadVersions(fn, prefixes.jobInputs, prefixes.jobOutputs);
    data.grantList(fn, prefixes.jobOutputs);
    data.grantPut(fn, prefixes.jobOutputs);
    inventory.grantAdvance(fn);
    inferenceRole.grantInvoke(fn);
    grantDescribe(fn);
    return fn;
  }

  #postprocess({ data, settings }: StepsProps): BatchFunction {
    const fn = new BatchFunction(this, 'postprocess', {
      description: "Turns a job's output into one outcome for each row",
      environment: { BUCKET_NAME: data.bucketName },
      timeout: longest,
      memoryMb: settings.postprocessFunctionMemoryMb,
      // Answers come in any order and are kept there: 100,000 of up to 40 kB each.
      temporaryStorage: Size.gibibytes(4),
    });
    data.grantRead(fn, prefixes.jobOutputs, prefixes.jobInputs);
    data.grantReadVersions(fn, prefixes.jobInputs);
    data.grantList(fn, prefixes.jobOutputs, prefixes.jobInputs);
    data.grantWrite(fn, prefixes.runs);
    return fn;
  }

  #assembleOutput({ data, settings }: StepsProps): BatchFunction {
    const fn = new BatchFunction(this, 'assemble-output', {
      description: 'Joins a source file to its answers',
      environment: { BUCKET_NAME: data.bucketName },
      timeout: longest,
      memoryMb: settings.postprocessFunctionMemoryMb,
    });
    data.grantRead(fn, prefixes.runs);
    data.grantReadVersions(fn, ...readablePrefixes, prefixes.runs);
    data.grantList(fn, prefixes.runs);
    data.grantWrite(fn, ...outputs);
    // Where a join was put down.
    data.grantPut(fn, prefixes.runs);
    return fn;
  }

  #summarize({ data }: StepsProps): BatchFunction {
    const fn = new BatchFunction(this, 'summarize', {
      description: 'Adds up what became of every row',
      environment: { BUCKET_NAME: data.bucketName },
      timeout: Duration.minutes(5),
      memoryMb: 512,
    });
    data.grantRead(fn, prefixes.runs);
    data.grantWrite(fn, prefixes.runs);
    return fn;
  }
}
