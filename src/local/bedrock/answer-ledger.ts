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

/** Who answered a content. */
export interface Answered {
  readonly jobs: number;
  readonly onDemand: number;
}

/**
 * How many jobs and invocations on demand answered each content (see `contentHash`). A job that a restart repeated wrote
 * its output twice and counts once, with what it wrote last.
 */
export function readAnswers(directory: string): ReadonlyMap<string, Answered> {
  const answers = new Map<string, { jobs: number; onDemand: number }>();
  const count = (content: string, who: keyof Answered): void => {
    const answered = answers.get(content) ?? { jobs: 0, onDemand: 0 };
    answered[who]++;
    answers.set(content, answered);
  };
  const contentsOf = new Map<string, readonly string[]>();
  for (const line of readLog(ledgerPath(directory))) {
    const entry = line as Entry;
    if ('onDemand' in entry) count(entry.onDemand, 'onDemand');
    else contentsOf.set(entry.job, entry.answered);
  }
  for (const contents of contentsOf.values()) for (const content of contents) count(content, 'jobs');
  return answers;
}
