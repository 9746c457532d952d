import { jsonlRecords } from '../data/jsonl/table.ts';
import type { Invocation, ObjectCreator, ObjectStore } from './collaborators.ts';

export type OnDemandObjects = ObjectStore & ObjectCreator;

/** A record as its line has it: JSON, with every digit that it was written with. */
export interface OnDemandRecord {
  readonly recordId: string;
  readonly modelInput: string;
}

/** What one object holds at most, and how long its first line waits: so much is asked again after a kill. */
export const OBJECT_RECORDS = 10;
const OBJECT_BYTES = 16 * 1024 * 1024;
const OBJECT_MS = 2_000;

/**
 * The lines of an attempt's records, in objects of the shape of a batch job's output. An object is there whole or not at all, so a
 * record that has a line in one was asked, and need not be again.
 */
export class OnDemandOutput {
  readonly #folder: string;
  readonly #objects: OnDemandObjects;
  readonly #now: () => number;
  readonly #known = new Set<string>();
  #last = 0;
  #written = 0;
  readonly #lines: string[] = [];
  #bytes = 0;
  #since = 0;
  #hasRival = false;
  /** Lines of an object that is being written, or was tried to be. */
  #trying: number | undefined;

  private constructor(folder: string, objects: OnDemandObjects, now: () => number) {
    this.#folder = folder;
    this.#objects = objects;
    this.#now = now;
  }

  /** With what earlier invocations wrote below the folder. */
  static async open(folder: string, objects: OnDemandObjects, now: () => number): Promise<OnDemandOutput> {
    const output = new OnDemandOutput(folder, objects, now);
    for await (const key of objects.list(folder)) await output.#read(key);
    return output;
  }

  async #read(key: string): Promise<void> {
    const number = /^(\d+)\.jsonl\.out$/.exec(key.slice(this.#folder.length))?.[1];
    if (number === undefined) return;
    this.#last = Math.max(this.#last, Number(number));
    const source = this.#objects.source(await this.#objects.pin({ bucket: this.#objects.bucket, key }));
    for await (const { members } of jsonlRecords(source, { offset: 0, line: 1 })) {
      this.#known.add(members.get('recordId') ?? '');
    }
  }

  /** Whether an earlier invocation wrote the record's line. */
  has(recordId: string): boolean {
    return this.#known.has(recordId);
  }

  /** Records whose lines are in S3. */
  get records(): number {
    return this.#known.size + this.#written;
  }

  /** Lines that are lost if the function is killed now. */
  get waiting(): number {
    return this.#lines.length;
  }

  get isDue(): boolean {
    if (this.#lines.length === 0) return false;
    const isFull = this.#lines.length >= OBJECT_RECORDS || this.#bytes >= OBJECT_BYTES;
    return isFull || this.#now() - this.#since >= OBJECT_MS;
  }

  add(record: OnDemandRecord, answer: Invocation): void {
    const line = lineOf(record, answer);
    if (this.#lines.length === 0) this.#since = this.#now();
    this.#lines.push(line);
    this.#bytes += line.length;
  }

  /** Another function writes lines of the same attempt, in the folder of this one. */
  get hasRival(): boolean {
    return this.#hasRival;
  }

  /** Lines that are added meanwhile go into the next object. Where the write fails they wait on. */
  async flush(): Promise<void> {
    // What could not be written may have been, so it is tried as it was, without the lines that came meanwhile.
    if (this.#lines.length === 0) return;
    this.#trying ??= this.#lines.length;
    const count = this.#trying;
    const text = this.#lines.slice(0, count).join('');
    // Nobody's lines are overwritten, whoever else is at work.
    while (!(await this.#create(text))) this.#hasRival = true;
    this.#trying = undefined;
    this.#written += count;
    this.#lines.splice(0, count);
    this.#bytes -= text.length;
    this.#since = this.#now();
  }

  /** False if the number was taken; the next one may be free. */
  async #create(text: string): Promise<boolean> {
    const key = `${this.#folder}${++this.#last}.jsonl.out`;
    try {
      if (await this.#objects.create(key, text)) return true;
    } catch (error) {
      this.#last--;
      throw error;
    }
    // An earlier try may have written it, and its answer was lost.
    return (await textOf(this.#objects.read(key))) === text;
  }
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** Keys in the order in which Bedrock writes them. */
function lineOf({ recordId, modelInput }: OnDemandRecord, answer: Invocation): string {
  const output = 'body' in answer ? jsonInOneLine(answer.body) : undefined;
  if (output !== undefined) {
    return `{"modelInput":${modelInput},"modelOutput":${output},"recordId":${recordId}}\n`;
  }
  const { errorCode, errorMessage } = 'body' in answer ? noJson : answer;
  const error = JSON.stringify({ errorCode, errorMessage });
  return `{"error":${error},"modelInput":${modelInput},"recordId":${recordId}}\n`;
}

const noJson = { errorCode: 'UnreadableOutput', errorMessage: 'the model answered with what is no JSON' };

/** The text as it is, but for line ends, which JSON has between its tokens alone. */
function jsonInOneLine(text: string): string | undefined {
  try {
    JSON.parse(text);
    return text.replace(/[\r\n]+/g, ' ');
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
