/** Every status of GetModelInvocationJob, how far along it is, and whether it is the last one. */
const statuses = {
  Submitted: { rank: 1, terminal: false },
  Validating: { rank: 2, terminal: false },
  Scheduled: { rank: 3, terminal: false },
  InProgress: { rank: 4, terminal: false },
  Stopping: { rank: 5, terminal: false },
  Completed: { rank: 6, terminal: true },
  PartiallyCompleted: { rank: 6, terminal: true },
  Failed: { rank: 6, terminal: true },
  Stopped: { rank: 6, terminal: true },
  Expired: { rank: 6, terminal: true },
} as const satisfies Record<string, { readonly rank: number; readonly terminal: boolean }>;

export type JobStatus = keyof typeof statuses;

export function isJobStatus(status: string): status is JobStatus {
  return Object.hasOwn(statuses, status);
}

/** A status newer than this table counts as in flight: it can only delay an answer, never end a job that still runs. */
export function isTerminal(status: string): boolean {
  return isJobStatus(status) && statuses[status].terminal;
}

export function rankOf(status: string): number {
  return isJobStatus(status) ? statuses[status].rank : 0;
}
