import { ApiError } from './api-error.ts';

/** The ARN that a member holds. @throws ApiError InvalidArn for what is none, or of another resource */
export function arnIn(request: Readonly<Record<string, unknown>>, member: string, type: string): string {
  const arn = String(request[member]);
  const [prefix, partition, service, , , resource, name] = arn.split(':');
  if (prefix !== 'arn' || !partition || service !== 'states') throw invalid(`Invalid ARN prefix: ${arn}`);
  if (resource !== type || !name) throw invalid(`Resource type not valid in this context: ${resource ?? ''}`);
  return arn;
}

function invalid(why: string): ApiError {
  return new ApiError('InvalidArn', `Invalid Arn: '${why}'`);
}
