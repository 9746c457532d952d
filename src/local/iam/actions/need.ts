import type { IncomingHttpHeaders } from 'node:http';
import type { Account } from '../../template/resources.ts';
import type { ContextValues } from '../context.ts';

/** One permission that a call needs. */
export interface Need {
  /** As policies name it, e.g. `s3:GetObject`. */
  readonly action: string;
  /** ARNs of which one must be allowed: several where AWS does not document which it asks about. */
  readonly resources: readonly string[];
  /** Keys of this permission, besides those that every request has. */
  readonly context?: ContextValues;
}

/** A request to a service, as far as its permissions depend on it. */
export interface ApiCall {
  /** The operation of the API, e.g. `PutObject`. */
  readonly operation: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** The members of a JSON body. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** What calls are about in this account. */
export interface Place {
  readonly account: Account;
  /** Every state machine's ARN, and those that its Distributed Maps have as machines of their own. */
  readonly stateMachines: readonly string[];
}

export type NeedsOf = (call: ApiCall, place: Place) => readonly Need[];

/** The permissions of a service's operations, by the operations' names. */
export type NeedsByOperation = Readonly<Record<string, NeedsOf>>;

export function textIn(body: ApiCall['body'], member: string): string {
  const value = body[member];
  return typeof value === 'string' ? value : '';
}

/** The path's segments, decoded as servers do; what is not well encoded stands as it is. */
export function segmentsOf(url: string): readonly string[] {
  const [path = ''] = url.split('?', 1);
  return path.slice(1).split('/').map(decoded);
}

export function queryOf(url: string): URLSearchParams {
  const mark = url.indexOf('?');
  return new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
}

export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // The service refuses it in its own words; no policy names it.
    return text;
  }
}

/** `arn:aws:service:region:account:resource` in this place. */
export function regionalArn(
  { account: { partition, region, account } }: Place,
  service: string,
  resource: string,
) {
  return `arn:${partition}:${service}:${region}:${account}:${resource}`;
}
