import { LocalAwsError } from '../local-aws-error.ts';
import { structureIn } from './properties.ts';
import type { StackResource } from './resources.ts';

type Variables = Readonly<Record<string, string>>;

/** What Lambda sets by itself and lets nobody set (page "Working with Lambda environment variables"). */
const RESERVED = [
  ...['_HANDLER', '_X_AMZN_TRACE_ID', 'AWS_DEFAULT_REGION', 'AWS_REGION', 'AWS_EXECUTION_ENV'],
  ...['AWS_LAMBDA_FUNCTION_NAME', 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE', 'AWS_LAMBDA_FUNCTION_VERSION'],
  ...['AWS_LAMBDA_INITIALIZATION_TYPE', 'AWS_LAMBDA_LOG_GROUP_NAME', 'AWS_LAMBDA_LOG_STREAM_NAME'],
  ...['AWS_ACCESS_KEY', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
  ...['AWS_LAMBDA_RUNTIME_API', 'LAMBDA_TASK_ROOT', 'LAMBDA_RUNTIME_DIR'],
  ...['AWS_LAMBDA_MAX_CONCURRENCY', 'AWS_LAMBDA_METADATA_API', 'AWS_LAMBDA_METADATA_TOKEN'],
];
const MAX_BYTES = 4096;

/** A function's variables. @throws LocalAwsError for what Lambda would not take */
export function environmentOf({ properties, logicalId }: StackResource): Variables {
  const environment = structureIn(properties, 'Environment') ?? {};
  const variables = (environment['Variables'] ?? {}) as Readonly<Record<string, unknown>>;
  const entries = Object.entries(variables).map(([name, value]) => [name, String(value)] as const);
  const against = entries.map(([name]) => reasonAgainst(name)).find((reason) => reason !== undefined);
  if (against !== undefined) throw refused(logicalId, against);
  const bytes = entries.reduce((sum, entry) => sum + Buffer.byteLength(entry.join('')), 0);
  if (bytes > MAX_BYTES) throw refused(logicalId, `they may take ${MAX_BYTES} bytes, got ${bytes}`);
  return Object.fromEntries(entries);
}

function reasonAgainst(name: string): string | undefined {
  if (RESERVED.includes(name)) return `${name} is reserved by Lambda`;
  return /^[a-zA-Z]\w+$/.test(name) ? undefined : `${name} is not a name that Lambda takes`;
}

function refused(logicalId: string, reason: string): LocalAwsError {
  return new LocalAwsError(`Cannot set the environment variables of ${logicalId}: ${reason}.`);
}
