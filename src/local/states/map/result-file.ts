import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { WriteResults } from '../options.ts';

export type OutputType = 'JSON' | 'JSONL';

const FRAMES = {
  JSON: { open: '[', between: ',', close: ']' },
  JSONL: { open: '', between: '\n', close: '\n' },
} as const;

/** One exported object, sent while it is being written; a slow receiver holds the writers back. */
export class ResultFile {
  readonly key: string;
  size = 0;
  readonly #frame: (typeof FRAMES)[OutputType];
  readonly #stream = new PassThrough();
  readonly #uploaded: Promise<void>;
  #tail: Promise<void> = Promise.resolve();

  constructor(write: WriteResults, bucket: string, key: string, type: OutputType) {
    this.key = key;
    this.#frame = FRAMES[type];
    this.#uploaded = write({ bucket, key, body: this.#stream });
    // A failed upload is thrown by whoever writes or ends next; until then it must not count as unhandled.
    this.#uploaded.catch(() => undefined);
  }

  add(record: unknown): Promise<void> {
    this.#tail = this.#tail.then(() => {
      const { open, between } = this.#frame;
      return this.#write(`${this.size === 0 ? open : between}${JSON.stringify(record)}`);
    });
    return this.#tail;
  }

  async end(): Promise<{ readonly Key: string; readonly Size: number }> {
    await this.#tail;
    await this.#write(this.#frame.close);
    this.#stream.end();
    await this.#uploaded;
    return { Key: this.key, Size: this.size };
  }

  async abandon(reason: Error): Promise<void> {
    this.#stream.on('error', () => undefined);
    this.#stream.destroy(reason);
    await Promise.allSettled([this.#tail, this.#uploaded]);
  }

  async #write(text: string): Promise<void> {
    this.size += Buffer.byteLength(text);
    if (this.#stream.write(text)) return;
    const early = this.#uploaded.then(() => {
      throw new Error(`The upload of ${this.key} ended before its results.`);
    });
    await Promise.race([once(this.#stream, 'drain'), early]);
  }
}
