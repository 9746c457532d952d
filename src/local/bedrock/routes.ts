import { JOB_IDENTIFIER } from './constraints.ts';
import { describeJob, type Job } from './job.ts';
import type { JobStore } from './job-store.ts';
import { listJobs } from './list-jobs.ts';
import type { ShownCounters } from './shown-counters.ts';
import { assertCreateJob, assertMembers } from './validation.ts';
import type { RestRequest, Route } from './wire.ts';

export interface JobActions {
  readonly store: JobStore;
  readonly counters: ShownCounters;
  readonly now: () => number;
  start(job: Job): void;
  stop(job: Job): void;
}

export function jobRoutes(actions: JobActions): readonly Route[] {
  const { store, counters } = actions;
  const describe = (job: Job) => describeJob(job, counters.of(job));
  return [
    { method: 'POST', path: /^\/model-invocation-job$/, answer: ({ body }) => create(actions, body) },
    {
      method: 'GET',
      path: /^\/model-invocation-jobs$/,
      answer: ({ query }) => listJobs(store, query, describe),
    },
    {
      method: 'GET',
      path: /^\/model-invocation-job\/([^/]+)$/,
      answer: (request) => describe(jobOf(store, request)),
    },
    {
      method: 'POST',
      path: /^\/model-invocation-job\/([^/]+)\/stop$/,
      answer: (request) => actions.stop(jobOf(store, request)),
    },
  ];
}

function create({ store, now, start }: JobActions, body: unknown): { readonly jobArn: string } {
  assertCreateJob(body);
  const { job, created } = store.add(body, now());
  if (created) start(job);
  return { jobArn: job.arn };
}

function jobOf(store: JobStore, { segment }: RestRequest): Job {
  assertMembers({ jobIdentifier: segment }, JOB_IDENTIFIER);
  return store.get(segment);
}
