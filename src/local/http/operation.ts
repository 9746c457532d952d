import type { IncomingHttpHeaders } from 'node:http';

/** By the names that IAM and the SDK's signatures have for them, where Bedrock's two endpoints are told apart. */
export const SERVICES = [
  ...(['s3', 'dynamodb', 'states', 'sqs', 'secretsmanager'] as const),
  ...(['bedrock', 'bedrock-runtime'] as const),
] as const;

export type ServiceName = (typeof SERVICES)[number];

/** What of a request says which operation it is; the body is never needed. */
export interface RequestHead {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** What no operation of the tables below is. */
export const UNKNOWN = 'unknown';

/** The name of the API operation, e.g. `PutObject`, or `unknown`. */
export function operationOf(service: ServiceName, request: RequestHead): string {
  if (service === 's3') return s3Operation(request);
  if (service === 'bedrock' || service === 'bedrock-runtime') return restOperation(REST[service], request);
  return jsonOperation(TARGETS[service], request);
}

const TARGETS = {
  dynamodb: 'DynamoDB_20120810',
  states: 'AWSStepFunctions',
  sqs: 'AmazonSQS',
  secretsmanager: 'secretsmanager',
} as const;

function jsonOperation(prefix: string, { headers }: RequestHead): string {
  const [target, operation = '', ...more] = String(headers['x-amz-target']).split('.');
  const isOne = target === prefix && more.length === 0 && /^[A-Z][A-Za-z]+$/.test(operation);
  return isOne ? operation : UNKNOWN;
}

type RestRoute = readonly [method: string, path: RegExp, operation: string];

const JOB = '^/model-invocation-job/[^/]+';
const MODEL = '^/model/[^/]+';

const REST: Readonly<Record<'bedrock' | 'bedrock-runtime', readonly RestRoute[]>> = {
  bedrock: [
    ['POST', /^\/model-invocation-job$/, 'CreateModelInvocationJob'],
    ['GET', /^\/model-invocation-jobs$/, 'ListModelInvocationJobs'],
    ['GET', new RegExp(`${JOB}$`), 'GetModelInvocationJob'],
    ['POST', new RegExp(`${JOB}/stop$`), 'StopModelInvocationJob'],
  ],
  'bedrock-runtime': [
    ['POST', new RegExp(`${MODEL}/invoke$`), 'InvokeModel'],
    ['POST', new RegExp(`${MODEL}/invoke-with-response-stream$`), 'InvokeModelWithResponseStream'],
    ['POST', new RegExp(`${MODEL}/converse$`), 'Converse'],
    ['POST', new RegExp(`${MODEL}/converse-stream$`), 'ConverseStream'],
  ],
};

function restOperation(routes: readonly RestRoute[], { method, url = '' }: RequestHead): string {
  const [path = ''] = url.split('?', 1);
  return routes.find(([verb, pattern]) => verb === method && pattern.test(path))?.[2] ?? UNKNOWN;
}

interface S3Row {
  readonly operation: string;
  /** Query parameters that must be there, `name` or `name=value`. */
  readonly when?: readonly string[];
  readonly copy?: boolean;
  /** Query parameters that may be there. With any other one it is another operation. */
  readonly query?: readonly string[];
}

const LIST = ['prefix', 'delimiter', 'max-keys', 'encoding-type'];
const PART = ['partNumber', 'uploadId'];
const VERSION = ['versionId'];
/** Headers that the answer is to have instead of the object's own. */
const RESPONSE = [
  ...['response-cache-control', 'response-content-disposition', 'response-content-encoding'],
  ...['response-content-language', 'response-content-type', 'response-expires'],
];

/** By scope and method; the first row that fits wins, so the more special one stands first. */
const S3_ROWS: Readonly<Record<string, readonly S3Row[]>> = {
  'service GET': [{ operation: 'ListBuckets' }],
  'bucket PUT': [{ operation: 'PutBucketVersioning', when: ['versioning'] }, { operation: 'CreateBucket' }],
  'bucket HEAD': [{ operation: 'HeadBucket' }],
  'bucket DELETE': [{ operation: 'DeleteBucket' }],
  'bucket POST': [{ operation: 'DeleteObjects', when: ['delete'] }],
  'bucket GET': [
    { operation: 'GetBucketVersioning', when: ['versioning'] },
    { operation: 'GetBucketLocation', when: ['location'] },
    {
      operation: 'ListObjectsV2',
      when: ['list-type=2'],
      query: [...LIST, 'start-after', 'continuation-token', 'fetch-owner'],
    },
    {
      operation: 'ListObjectVersions',
      when: ['versions'],
      query: [...LIST, 'key-marker', 'version-id-marker'],
    },
    {
      operation: 'ListMultipartUploads',
      when: ['uploads'],
      query: [...LIST, 'max-uploads', 'key-marker', 'upload-id-marker'],
    },
    { operation: 'ListObjects', query: [...LIST, 'marker'] },
  ],
  'object PUT': [
    { operation: 'UploadPartCopy', when: PART, copy: true },
    { operation: 'UploadPart', when: PART },
    { operation: 'CopyObject', copy: true },
    { operation: 'PutObject' },
  ],
  'object GET': [
    { operation: 'ListParts', when: ['uploadId'], query: ['max-parts', 'part-number-marker'] },
    { operation: 'GetObject', query: [...VERSION, 'partNumber', ...RESPONSE] },
  ],
  'object HEAD': [{ operation: 'HeadObject', query: [...VERSION, 'partNumber', ...RESPONSE] }],
  'object DELETE': [
    { operation: 'AbortMultipartUpload', when: ['uploadId'] },
    { operation: 'DeleteObject', query: VERSION },
  ],
  'object POST': [
    { operation: 'CreateMultipartUpload', when: ['uploads'] },
    { operation: 'CompleteMultipartUpload', when: ['uploadId'] },
  ],
};

function s3Operation({ method, url = '', headers }: RequestHead): string {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
  const isCopy = headers['x-amz-copy-source'] !== undefined;
  const rows = S3_ROWS[`${scopeOf(path)} ${method}`] ?? [];
  return rows.find((row) => fits(row, query, isCopy))?.operation ?? UNKNOWN;
}

function scopeOf(path: string): string {
  const [bucket = '', ...key] = path.slice(1).split('/');
  if (!path.startsWith('/')) return UNKNOWN;
  if (bucket === '') return path === '/' ? 'service' : UNKNOWN;
  return key.join('/') === '' ? 'bucket' : 'object';
}

function fits(
  { when = [], copy = false, query: optional = [] }: S3Row,
  query: URLSearchParams,
  isCopy: boolean,
) {
  const required = when.map((condition) => condition.split('='));
  if (isCopy !== copy) return false;
  if (
    !required.every(([name = '', value]) => query.has(name) && (value ?? query.get(name)) === query.get(name))
  )
    return false;
  const known = ['x-id', ...optional, ...required.map(([name]) => name)];
  return [...query.keys()].every((name) => known.includes(name));
}
