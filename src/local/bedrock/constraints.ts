import { JOB_STATUSES } from './job.ts';

/** What a member must satisfy, as the service model states it. Lengths are of strings and lists, ranges of numbers. */
export type Constraint =
  | {
      readonly type: 'string';
      readonly pattern?: RegExp;
      readonly length?: Bounds;
      readonly required?: boolean;
    }
  | { readonly type: 'enum'; readonly values: readonly string[]; readonly required?: boolean }
  | { readonly type: 'integer' | 'number'; readonly range: Bounds; readonly required?: boolean }
  | { readonly type: 'timestamp'; readonly required?: boolean }
  | { readonly type: 'list'; readonly length: Bounds; readonly of: Constraint; readonly required?: boolean }
  | { readonly type: 'structure'; readonly members: Members; readonly required?: boolean };

export type Members = Readonly<Record<string, Constraint>>;
export type Bounds = readonly [min: number, max: number];

/** Of ISO 8601, which is how timestamps come in a query. */
export const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

// The model's own patterns for names and tokens nest quantifiers and can take for ever on a run of dashes;
// these accept the same strings in linear time.
const jobName = {
  type: 'string',
  pattern: /^[a-zA-Z0-9][a-zA-Z0-9+\-.]*$/,
  length: [1, 63],
} as const satisfies Constraint;
const clientToken = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?$/;

const modelName = String.raw`[a-z0-9-]{1,63}\.[a-z0-9-]{1,63}\.?[a-z0-9-]{1,63}(?::[a-z0-9-]{1,63}){0,2}`;
const customModel = String.raw`\d{12}:custom-model/[a-z0-9-]{1,63}\.[a-z0-9-:]{1,63}/[a-z0-9]{12}`;
const profile = String.raw`\d{12}:(?:inference-profile|application-inference-profile)/[a-zA-Z0-9-:.]+`;
const modelArn = `arn:aws(?:-[^:]+)?:bedrock:[a-z0-9-]{1,20}:(?:${customModel}|:foundation-model/${modelName}|${profile})`;
const modelId = new RegExp(`^(?:${modelArn}|${modelName}|(?:[0-9a-zA-Z][_-]?)+)$`);

const s3Uri = {
  type: 'string',
  pattern:
    /^s3:\/\/[a-z0-9][-.a-z0-9]{1,61}[a-z0-9](?:\/[-!_*'().a-z0-9A-Z]+(?:\/[-!_*'().a-z0-9A-Z]+)*)?\/?$/,
  length: [1, 1024],
  required: true,
} as const satisfies Constraint;
const accountId = { type: 'string', pattern: /^[0-9]{12}$/ } as const satisfies Constraint;
const kmsKey =
  /^(?:arn:aws(?:-[^:]+)?:kms:[a-zA-Z0-9-]*:\d{12}:(?:key\/[a-zA-Z0-9-]{36}|alias\/[a-zA-Z0-9-_/]+)|[a-zA-Z0-9-]{36}|alias\/[a-zA-Z0-9-_/]+)$/;
const vpcId = { type: 'string', pattern: /^[-0-9a-zA-Z]+$/, length: [0, 32] } as const satisfies Constraint;
const tagText = /^[a-zA-Z0-9\s._:/=+@-]*$/;

const inputDataConfig: Members = {
  s3InputDataConfig: {
    type: 'structure',
    required: true,
    members: { s3Uri, s3InputFormat: { type: 'enum', values: ['JSONL'] }, s3BucketOwner: accountId },
  },
};

const outputDataConfig: Members = {
  s3OutputDataConfig: {
    type: 'structure',
    required: true,
    members: {
      s3Uri,
      s3EncryptionKeyId: { type: 'string', pattern: kmsKey, length: [1, 2048] },
      s3BucketOwner: accountId,
    },
  },
};

const vpcConfig: Members = {
  subnetIds: { type: 'list', length: [1, 16], of: vpcId, required: true },
  securityGroupIds: { type: 'list', length: [1, 5], of: vpcId, required: true },
};

const tag: Members = {
  key: { type: 'string', pattern: tagText, length: [1, 128], required: true },
  value: { type: 'string', pattern: tagText, length: [0, 256], required: true },
};

export const CREATE_JOB: Members = {
  jobName: { ...jobName, required: true },
  roleArn: {
    type: 'string',
    pattern: /^arn:aws(-[^:]+)?:iam::([0-9]{12})?:role\/.+$/,
    length: [0, 2048],
    required: true,
  },
  modelId: { type: 'string', pattern: modelId, length: [1, 2048], required: true },
  inputDataConfig: { type: 'structure', members: inputDataConfig, required: true },
  outputDataConfig: { type: 'structure', members: outputDataConfig, required: true },
  clientRequestToken: { type: 'string', pattern: clientToken, length: [1, 256] },
  timeoutDurationInHours: { type: 'integer', range: [24, 168] },
  modelInvocationType: { type: 'enum', values: ['InvokeModel', 'Converse'] },
  vpcConfig: { type: 'structure', members: vpcConfig },
  tags: { type: 'list', length: [0, 200], of: { type: 'structure', members: tag } },
};

export const LIST_JOBS: Members = {
  submitTimeAfter: { type: 'timestamp' },
  submitTimeBefore: { type: 'timestamp' },
  statusEquals: { type: 'enum', values: JOB_STATUSES },
  nameContains: jobName,
  maxResults: { type: 'integer', range: [1, 1000] },
  nextToken: { type: 'string', pattern: /^\S*$/, length: [1, 2048] },
  sortBy: { type: 'enum', values: ['CreationTime'] },
  sortOrder: { type: 'enum', values: ['Ascending', 'Descending'] },
};

export const JOB_IDENTIFIER: Members = {
  jobIdentifier: {
    type: 'string',
    pattern: /^(arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:model-invocation-job\/)?[a-z0-9]{12}$/,
    length: [0, 1011],
    required: true,
  },
};

export const INVOKE_MODEL: Members = {
  modelId: { type: 'string', pattern: modelId, length: [1, 2048], required: true },
};

/** What blocks of content hold is looked at where they are answered. */
const blocks = {
  type: 'list',
  length: [0, Number.POSITIVE_INFINITY],
  of: { type: 'structure', members: {} },
} as const satisfies Constraint;

const message: Members = {
  role: { type: 'enum', values: ['user', 'assistant'], required: true },
  content: { ...blocks, required: true },
};

const inferenceConfig: Members = {
  maxTokens: { type: 'integer', range: [1, Number.POSITIVE_INFINITY] },
  temperature: { type: 'number', range: [0, 1] },
  topP: { type: 'number', range: [0, 1] },
  stopSequences: {
    type: 'list',
    length: [0, 2500],
    of: { type: 'string', length: [1, Number.POSITIVE_INFINITY] },
  },
};

export const CONVERSE: Members = {
  messages: { ...blocks, of: { type: 'structure', members: message } },
  system: blocks,
  inferenceConfig: { type: 'structure', members: inferenceConfig },
  additionalModelRequestFields: { type: 'structure', members: {} },
};
