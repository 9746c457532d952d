import { join } from 'node:path';
import { AppendLog, readLog } from '../append-log.ts';
import { contentHash } from '../faults/record-faults.ts';

/** An answer is billed once it can be read: a job's when its output is whole, one on demand when it is sent. */
type Entry = { readonly job: string; readonly answered: readonly string[] } | { readonly onDemand: string };

/** Where the ledger of a local AWS lies. */
export function ledgerPath(directory: string): string {
  return join(directory, 'bedrock', 'answers.jsonl');
}

/** Which contents were answered, one line for each job's output and each answer on demand. */
export class AnswerLedger {
  readonly #log: AppendLog<Entry>;

  constructor(path: string) {
    this.#log = new AppendLog(path);
  }

  addJob(job: string, answered: Iterable<string>): void {
    this.#log.append({ job, answered: [...answered] });
  }

  addOnDemand(modelInput: unknown): void {
    this.#log.append({ onDemand: contentHash(modelInput) });
  }

  async close(): Promise<void> {
    this.#log.close();
  }
}

/**
 * How many jobs and invocations on demand answered each content (see `contentHash`). A job that a restart repeated wrote
 * its output twice and counts once, with what it wrote last.
 */
export function readAnswers(directory: string): ReadonlyMap<string, number> {
  const path = ledgerPath(directory);
  const lastOf = new Map<string, number>();
  for (const [line, entry] of numbered(path)) if ('job' in entry) lastOf.set(entry.job, line);
  const times = new Map<string, number>();
  for (const [line, entry] of numbered(path)) {
    for (const content of contentsOf(entry, line, lastOf)) times.set(content, (times.get(content) ?? 0) + 1);
  }
  return times;
}

function contentsOf(entry: Entry, line: number, lastOf: ReadonlyMap<string, number>): readonly string[] {
  if ('onDemand' in entry) return [entry.onDemand];
  return lastOf.get(entry.job) === line ? entry.answered : [];
}

function* numbered(path: string): Generator<readonly [line: number, entry: Entry]> {
  let line = 0;
  for (const entry of readLog(path)) yield [line++, entry as Entry];
}
