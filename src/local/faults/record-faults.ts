import { createHash } from 'node:crypto';
import { AppendLog, readLog } from '../append-log.ts';
import { assertMembers, RULES, type Rule, refused, type Selection, selects } from './selection.ts';

/**
 * What becomes of a record instead of its answer, by its content: the same record meets the same fate in whatever job,
 * and on demand. `nth` and `every` count the records of a job, or the invocations on demand.
 */
export interface RecordFault extends Selection {
  /** The record's error; on demand the HTTP status of the answer. */
  readonly errorCode?: number;
  readonly errorMessage?: string;
  /** Or there is no line of it in the output, though the manifest counts it; `uncounted` where it does not. */
  readonly missing?: true | 'uncounted';
  /** Or its line is torn. */
  readonly unreadable?: true;
  /** Or its line is there twice. */
  readonly duplicated?: true;
  /** How many jobs and invocations meet the fault, for each content; all of them by default. */
  readonly times?: number;
}

const MEMBERS: Readonly<Record<Exclude<keyof RecordFault, keyof Selection>, Rule>> = {
  errorCode: [(code) => Number.isInteger(code) && Number(code) >= 400 && Number(code) <= 599, '400 to 599'],
  errorMessage: RULES.text,
  missing: [(value) => value === true || value === 'uncounted', 'true or uncounted'],
  unreadable: RULES.yes,
  duplicated: RULES.yes,
  times: RULES.count,
};
const KINDS = ['errorCode', 'missing', 'unreadable', 'duplicated'] as const;

/** @throws LocalAwsError for a fault that could never be what was meant */
export function assertRecordFault(fault: RecordFault): void {
  assertMembers(fault, MEMBERS, [KINDS]);
  if (KINDS.every((kind) => fault[kind] === undefined)) {
    throw refused(fault, `one of ${KINDS.join(', ')} must be given`);
  }
  if (fault.errorMessage !== undefined && fault.errorCode === undefined) {
    throw refused(fault, 'errorMessage belongs to an errorCode');
  }
}

/** One record as one job, or one invocation on demand, meets it. */
export interface MetRecord {
  readonly modelInput: unknown;
  /** The first is 1. */
  readonly ordinal: number;
  /** The job's id; each invocation on demand is another one. */
  readonly by: string;
}

/** A fault was met: in the log before the record's fate is known to anybody. */
type Entry = { readonly key: string; readonly by: string } | { readonly forgotten: true };

export interface RecordFaultsOptions {
  readonly faults?: readonly RecordFault[] | undefined;
  readonly seed?: number | undefined;
  /** Where it is kept who met a fault that is met some times only, so that a restart does not begin to count anew. */
  readonly path?: string;
}

/** The faults of a plan that befall records. */
export class RecordFaults {
  #faults: readonly RecordFault[] = [];
  #seed = 1;
  /** Who met a fault of limited `times`, in order, and no more than those times: bounded by the contents that did. */
  readonly #met = new Map<string, string[]>();
  readonly #log: AppendLog<Entry> | undefined;

  /** @throws LocalAwsError for a fault that could never be what was meant */
  constructor({ faults, seed, path }: RecordFaultsOptions = {}) {
    this.#plan(faults, seed);
    if (path === undefined) return;
    for (const entry of readLog(path)) this.#apply(entry as Entry);
    this.#log = new AppendLog(path, () => this.#snapshot());
  }

  /** Another plan; all counting begins anew. */
  set(faults?: readonly RecordFault[], seed?: number): void {
    this.#plan(faults, seed);
    this.#change({ forgotten: true });
  }

  /** The first that befalls the record of a job. */
  inJob(record: MetRecord): RecordFault | undefined {
    return this.#faults.length === 0 ? undefined : this.#first(record, () => true);
  }

  /** The first that befalls an invocation: there an error is all that can. */
  onDemand(record: MetRecord): RecordFault | undefined {
    const isError = ({ errorCode }: RecordFault) => errorCode !== undefined;
    return this.#faults.some(isError) ? this.#first(record, isError) : undefined;
  }

  close(): void {
    this.#log?.close();
  }

  #plan(faults: readonly RecordFault[] = [], seed = 1): void {
    faults.forEach(assertRecordFault);
    this.#faults = faults;
    this.#seed = seed;
  }

  #first({ modelInput, ordinal, by }: MetRecord, isOf: (fault: RecordFault) => boolean) {
    const identity = contentHash(modelInput);
    return this.#faults.find(
      (fault, index) =>
        isOf(fault) &&
        selects(fault, this.#seed, index, { ordinal, identity }) &&
        this.#meets(fault, identity, by),
    );
  }

  /** Whoever met it once does so again, so that a job which a restart repeats ends as it would have. */
  #meets(fault: RecordFault, identity: string, by: string): boolean {
    if (fault.times === undefined) return true;
    const key = digest(`${this.#seed}/${JSON.stringify(fault)}/${identity}`);
    const met = this.#met.get(key) ?? [];
    if (met.includes(by)) return true;
    if (met.length >= fault.times) return false;
    this.#change({ key, by });
    return true;
  }

  #change(entry: Entry): void {
    this.#log?.append(entry);
    this.#apply(entry);
  }

  #apply(entry: Entry): void {
    if ('forgotten' in entry) this.#met.clear();
    else this.#met.set(entry.key, [...(this.#met.get(entry.key) ?? []), entry.by]);
  }

  *#snapshot(): Generator<Entry> {
    for (const [key, all] of this.#met) for (const by of all) yield { key, by };
  }
}

/** Of what a record asks, however often and wherever it is asked. */
export function contentHash(modelInput: unknown): string {
  return digest(JSON.stringify(modelInput) ?? '');
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
