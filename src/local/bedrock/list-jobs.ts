import { LIST_JOBS } from './constraints.ts';
import { BedrockError } from './errors.ts';
import { describeJob, type Job } from './job.ts';
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
export function listJobs(jobs: readonly Job[], parameters: URLSearchParams) {
  const query = parseQuery(parameters);
  const { maxResults = DEFAULT_PAGE, sortOrder = 'Descending', nextToken } = query;
  const direction = sortOrder === 'Ascending' ? 1 : -1;
  // A page ends at a job, not at a count, so that jobs created meanwhile shift nothing.
  const after = nextToken === undefined ? undefined : sequenceOf(nextToken);
  const matching = jobs
    .filter((job) => matches(job, query))
    .filter((job) => after === undefined || (job.sequence - after) * direction > 0)
    .sort((a, b) => (a.sequence - b.sequence) * direction);
  const page = matching.slice(0, maxResults);
  const last = page.at(-1);
  return {
    invocationJobSummaries: page.map(describeJob),
    nextToken: last !== undefined && matching.length > page.length ? tokenOf(last) : undefined,
  };
}

function parseQuery(parameters: URLSearchParams): ListQuery {
  const given: Record<string, unknown> = Object.fromEntries(parameters);
  const maxResults = parameters.get('maxResults');
  const query = maxResults === null ? given : { ...given, maxResults: Number(maxResults) };
  assertMembers(query, LIST_JOBS);
  return query;
}

function matches(job: Job, query: ListQuery): boolean {
  const { submitTimeAfter, submitTimeBefore, statusEquals, nameContains } = query;
  return (
    (submitTimeAfter === undefined || job.submitTime > Date.parse(submitTimeAfter)) &&
    (submitTimeBefore === undefined || job.submitTime < Date.parse(submitTimeBefore)) &&
    (statusEquals === undefined || job.status === statusEquals) &&
    (nameContains === undefined || job.request.jobName.includes(nameContains))
  );
}

function tokenOf(job: Job): string {
  return Buffer.from(`after:${job.sequence}`).toString('base64url');
}

function sequenceOf(token: string): number {
  const sequence = /^after:(\d+)$/.exec(Buffer.from(token, 'base64url').toString())?.[1];
  if (sequence === undefined) throw new BedrockError('ValidationException', 'The nextToken is not valid.');
  return Number(sequence);
}
