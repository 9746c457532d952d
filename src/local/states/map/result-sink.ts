import { StatesError } from '../errors.ts';
import type { EndedChild } from '../execution.ts';
import { MAX_PAYLOAD_BYTES } from '../payload-limit.ts';
import { childRecord } from './child-record.ts';

/** Where the results of children go, and what the Map state's result is made of. */
export interface ResultSink {
  add(ended: EndedChild): Promise<void>;
  /** Once, after the last child: gives the state's result. */
  finish(): Promise<unknown>;
  abandon(reason: Error): Promise<void>;
}

export type Transformation = 'NONE' | 'COMPACT' | 'FLATTEN';

/** The results of successful children in the order of the items, as far as a state's output may be long. */
export class OutputSink implements ResultSink {
  readonly #transformation: Transformation;
  readonly #results = new Map<number, unknown>();
  #bytes = 0;

  constructor(transformation: Transformation) {
    this.#transformation = transformation;
  }

  async add(ended: EndedChild): Promise<void> {
    const { result, index } = ended;
    if (result.status !== 'SUCCEEDED') return;
    const value =
      this.#transformation === 'NONE' ? childRecord(ended.child, result, ended.stopTime) : result.output;
    this.#bytes += Buffer.byteLength(JSON.stringify(value)) + 1;
    if (this.#bytes - 1 > MAX_PAYLOAD_BYTES) throw tooMuch();
    this.#results.set(index, value);
  }

  async finish(): Promise<unknown> {
    const ordered = [...this.#results.entries()].sort(([a], [b]) => a - b).map(([, value]) => value);
    return this.#transformation === 'FLATTEN' ? ordered.flat() : ordered;
  }

  async abandon(): Promise<void> {
    this.#results.clear();
  }
}

function tooMuch(): StatesError {
  return new StatesError(
    'States.DataLimitExceeded',
    'The results of the Map Run exceed the maximum number of bytes service limit; export them with a ResultWriter.',
  );
}
