import { BEDROCK_NEEDS, BEDROCK_RUNTIME_NEEDS } from '../../bedrock/access-needs.ts';
import type { ServiceName } from '../../http/operation.ts';
import { DYNAMODB_NEEDS, SECRETS_NEEDS, SQS_NEEDS } from './json-needs.ts';
import type { ApiCall, Need, NeedsByOperation, Place } from './need.ts';
import { S3_NEEDS } from './s3-needs.ts';
import { STATES_NEEDS } from './states-needs.ts';

const SERVICES: Readonly<Record<ServiceName, NeedsByOperation>> = {
  s3: S3_NEEDS,
  dynamodb: DYNAMODB_NEEDS,
  states: STATES_NEEDS,
  sqs: SQS_NEEDS,
  secretsmanager: SECRETS_NEEDS,
  bedrock: BEDROCK_NEEDS,
  'bedrock-runtime': BEDROCK_RUNTIME_NEEDS,
};

/** What a call must be allowed, all of it; undefined for an operation whose permissions are not known here. */
export function needsOfCall(service: ServiceName, call: ApiCall, place: Place): readonly Need[] | undefined {
  const needs = SERVICES[service];
  return Object.hasOwn(needs, call.operation) ? needs[call.operation]?.(call, place) : undefined;
}

/** Services whose permissions depend on what the body of a request says. */
const IN_BODY: readonly string[] = ['dynamodb', 'states', 'sqs', 'secretsmanager'];

export function needsBody(service: ServiceName, operation: string): boolean {
  return IN_BODY.includes(service) || operation === 'CreateModelInvocationJob';
}
