import { assertMembers, oneOf, RULES, type Rule, refused, type Selection, selects } from './selection.ts';

/** The statuses in which a fault can catch a job, and how Bedrock could end one from there. */
const ENDS = {
  Submitted: ['Failed', 'Expired', 'Stopped'],
  Validating: ['Failed', 'Expired', 'Stopped'],
  Scheduled: ['Failed', 'Expired', 'Stopped'],
  InProgress: ['Failed', 'Stopped', 'PartiallyCompleted', 'Completed'],
} as const satisfies Record<string, readonly JobEnd[]>;

export type JobEnd = 'Failed' | 'Expired' | 'Stopped' | 'PartiallyCompleted' | 'Completed';
export type FaultyStatus = keyof typeof ENDS;

/** How a job ends, or that it does not. Ordinals are those of the jobs since the account's first, kills notwithstanding. */
export interface JobFault extends Selection {
  /** Jobs whose whole name matches, where `*` stands for any characters; every job by default. */
  readonly jobName?: string;
  /** The status that is its last one, or the one before it. */
  readonly at: FaultyStatus;
  /** Either what it ends as, after its time in `at`, */
  readonly end?: JobEnd;
  /** or that it stays in `at` until somebody stops it. */
  readonly stuck?: true;
  /** In progress, how many records are answered first, and written with a manifest that counts them: none by default, */
  readonly afterRecords?: number;
  /** or which share of them, rounded down. */
  readonly afterShare?: number;
  readonly message?: string;
}

const MEMBERS: Readonly<Record<Exclude<keyof JobFault, keyof Selection>, Rule>> = {
  jobName: RULES.text,
  at: oneOf(Object.keys(ENDS)),
  end: oneOf([...new Set(Object.values(ENDS).flat())]),
  stuck: RULES.yes,
  afterRecords: RULES.amount,
  afterShare: RULES.share,
  message: RULES.text,
};

/** @throws LocalAwsError for what Bedrock would not do */
export function assertJobFault(fault: JobFault): void {
  assertMembers(fault, MEMBERS, [
    ['end', 'stuck'],
    ['stuck', 'message'],
    ['afterRecords', 'afterShare'],
  ]);
  const { at, end, stuck, afterRecords, afterShare } = fault;
  if (at === undefined) throw refused(fault, 'at must be given');
  if (end === undefined && stuck === undefined) throw refused(fault, 'either end or stuck must be given');
  const possible: readonly string[] = ENDS[at];
  if (end !== undefined && !possible.includes(end)) {
    throw refused(fault, `a job that is ${at} must end as one of ${possible.join(', ')}`);
  }
  if (at !== 'InProgress' && (afterRecords ?? afterShare) !== undefined) {
    throw refused(fault, `no record is answered while a job is ${at}`);
  }
}

/** What a fault needs to know of a job. */
export interface JobIdentity {
  /** The account's first job is 1. */
  readonly ordinal: number;
  readonly name: string;
}

/** The faults of a plan that befall jobs. */
export class JobFaults {
  #faults: readonly JobFault[] = [];
  #seed = 1;

  /** @throws LocalAwsError for a fault that could never be what was meant */
  constructor(faults: readonly JobFault[] = [], seed?: number) {
    this.set(faults, seed);
  }

  set(faults: readonly JobFault[] = [], seed = 1): void {
    faults.forEach(assertJobFault);
    this.#faults = faults;
    this.#seed = seed;
  }

  /** The first that befalls the job, whatever its status. */
  fateOf({ ordinal, name }: JobIdentity): JobFault | undefined {
    return this.#faults.find(
      (fault, index) =>
        isNamed(fault.jobName, name) && selects(fault, this.#seed, index, { ordinal, identity: name }),
    );
  }
}

function isNamed(pattern: string | undefined, name: string): boolean {
  if (pattern === undefined) return true;
  const parts = pattern.split('*').map((part) => part.replace(/[.+\\^$?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
}

/** How many of its records a job answers before its fault catches it. */
export function recordsBefore({ afterRecords, afterShare }: JobFault, total: number): number {
  return afterRecords ?? Math.floor((afterShare ?? 0) * total);
}
