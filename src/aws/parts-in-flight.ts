import type { UploadedPart } from '../batch/manifest.ts';

/** Requests at a time, and bytes that they may hold together with those that wait to be a part. */
const MOST_REQUESTS = 4;
const MOST_BYTES = 128 * 1024 * 1024;

/** The parts of an upload, sent some at a time. After a failure, or the end, every call throws that. */
export class PartsInFlight {
  readonly #done: UploadedPart[];
  readonly #sending = new Set<Promise<void>>();
  #begun: number;
  #bytes = 0;
  #end: { readonly error: unknown } | undefined;

  constructor(done: readonly UploadedPart[]) {
    this.#done = [...done];
    this.#begun = done.length;
  }

  /** The number of parts that were begun, of which none is given twice. */
  get begun(): number {
    return this.#begun;
  }

  /** Sends the next part, and returns when there is room for one of `nextBytes` to be gathered. */
  async start(bytes: number, nextBytes: number, send: (part: number) => Promise<string>): Promise<void> {
    const part = ++this.#begun;
    this.#bytes += bytes;
    const sending: Promise<void> = send(part)
      .then((etag) => void this.#done.push({ part, etag }))
      // Kept for the next call: nobody waits here, and a rejection that nobody handles would end the process.
      .catch((error: unknown) => this.end(error))
      .finally(() => {
        this.#bytes -= bytes;
        this.#sending.delete(sending);
      });
    this.#sending.add(sending);
    while (this.#isFull(nextBytes)) await Promise.race(this.#sending);
    this.assertOpen();
  }

  /** The parts in their order, when all of them have arrived. */
  async all(): Promise<readonly UploadedPart[]> {
    await this.quiet();
    this.assertOpen();
    return this.#done.toSorted((a, b) => a.part - b.part);
  }

  /** Returns when nothing is under way any more, however it went. */
  async quiet(): Promise<void> {
    await Promise.all(this.#sending);
  }

  end(error: unknown): void {
    this.#end ??= { error };
  }

  assertOpen(): void {
    if (this.#end !== undefined) throw this.#end.error;
  }

  // One part is always let go, however large.
  #isFull(nextBytes: number): boolean {
    if (this.#sending.size === 0) return false;
    return this.#sending.size >= MOST_REQUESTS || (this.#bytes > 0 && this.#bytes + nextBytes > MOST_BYTES);
  }
}
