import { LIST_JOBS } from './constraints.ts';
import { BedrockError } from './errors.ts';
import type { Job } from './job.ts';
import type { JobStore } from './job-store.ts';
import { assertMembers } from './validation.ts';

interface ListQuery {
  readonly submitTimeAfter?: string;
  readonly submitTimeBefore?: string;
  readonly statusEquals?: string;
  readonly nameContains?: string;
  readonly maxResults?: number;
  readonly nextToken?: string;
  readonly sortOrder?: 'Ascending' | 'Descending';
}

/** Bedrock does not document its page size; any client must page anyway. */
const DEFAULT_PAGE = 100;

/** One page of ListModelInvocationJobs. @throws BedrockError ValidationException */
export function listJobs<Shown>(store: JobStore, parameters: URLSearchParams, describe: (job: Job) => Shown) {
  const query = parseQuery(parameters);
  const { maxResults = DEFAULT_PAGE, sortOrder = 'Descending', nextToken } = query;
  // A page ends at a job, not at a count, so that jobs created meanwhile shift nothing.
  const after = nextToken === undefined ? undefined : sequenceOf(nextToken);
  const matches = matcher(query);
  const page: Job[] = [];
  let more = false;
  for (const job of store.inOrder(sortOrder === 'Ascending' ? 1 : -1, after)) {
    if (!matches(job)) continue;
    more = page.length === maxResults;
    if (more) break;
    page.push(job);
  }
  const last = page.at(-1);
  return {
    invocationJobSummaries: page.map(describe),
    nextToken: more && last !== undefined ? tokenOf(last) : undefined,
  };
}

function parseQuery(parameters: URLSearchParams): ListQuery {
  const given: Record<string, unknown> = Object.fromEntries(parameters);
  const { maxResults } = given;
  // What is no number is told of as it came.
  const isNumber = /^-?\d+$/.test(String(maxResults));
  const query = isNumber ? { ...given, maxResults: Number(maxResults) } : given;
  assertMembers(query, LIST_JOBS);
  return query;
}

function matcher({ submitTimeAfter, submitTimeBefore, statusEquals, nameContains }: ListQuery) {
  const after = submitTimeAfter === undefined ? Number.NEGATIVE_INFINITY : Date.parse(submitTimeAfter);
  const before = submitTimeBefore === undefined ? Number.POSITIVE_INFINITY : Date.parse(submitTimeBefore);
  return ({ submitTime, status, request }: Job): boolean =>
    submitTime > after &&
    submitTime < before &&
    (statusEquals === undefined || status === statusEquals) &&
    (nameContains === undefined || request.jobName.includes(nameContains));
}

function tokenOf(job: Job): string {
  return Buffer.from(`after:${job.sequence}`).toString('base64url');
}

function sequenceOf(token: string): number {
  const sequence = /^after:(\d+)$/.exec(Buffer.from(token, 'base64url').toString())?.[1];
  if (sequence === undefined) throw new BedrockError('ValidationException', 'The nextToken is not valid.');
  return Number(sequence);
}
