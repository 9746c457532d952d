import { createHash } from 'node:crypto';
import { s3Uri } from '../../src/batch/keys.ts';
import type { PinnedObject, UploadState } from '../../src/batch/manifest.ts';
import { BatchError } from '../../src/errors.ts';
import type { Log, ObjectStore, ObjectUpload } from '../../src/steps/collaborators.ts';
import { collected, pieces } from '../data/memory-source.ts';

const etagOf = (bytes: Uint8Array) => `"${createHash('md5').update(bytes).digest('hex')}"`;
const named = (name: string) => Object.assign(new Error(name), { name });

interface MemoryStoreOptions {
  readonly bucket?: string;
  readonly pieceBytes?: number;
  /** What an upload that is put down must have: 5 MiB in S3, which would make the tables of step tests large. */
  readonly leastPartBytes?: number;
}

/** One bucket as a map. It streams in small pieces, so that readers meet every kind of cut. */
export class MemoryStore implements ObjectStore {
  readonly bucket: string;
  readonly objects = new Map<string, Buffer>();
  readonly #pieceBytes: number;
  readonly #leastPartBytes: number;

  constructor({ bucket = 'bucket', pieceBytes = 13, leastPartBytes = 1 }: MemoryStoreOptions = {}) {
    this.bucket = bucket;
    this.#pieceBytes = pieceBytes;
    this.#leastPartBytes = leastPartBytes;
  }

  put(key: string, content: string | Uint8Array): void {
    this.objects.set(key, Buffer.from(content as Uint8Array));
  }

  text(key: string): string {
    return this.#bytes(key).toString('utf8');
  }

  /** The objects of a JSONL file. */
  json(key: string): unknown[] {
    return this.text(key)
      .split('\n')
      .filter((line) => line !== '')
      .map((line): unknown => JSON.parse(line));
  }

  async pin({ bucket, key }: { readonly bucket: string; readonly key: string }): Promise<PinnedObject> {
    const bytes = this.#bytes(key);
    return { bucket, key, etag: etagOf(bytes), version_id: undefined, bytes: bytes.length };
  }

  source(object: PinnedObject) {
    const range = (start: number, end: number) => this.#unchanged(object).subarray(start, end);
    const pieceBytes = this.#pieceBytes;
    return {
      name: s3Uri(object),
      byteLength: object.bytes,
      async slice(start: number, end: number = object.bytes) {
        return Uint8Array.from(range(start, end)).buffer;
      },
      async *stream(start: number, end: number = object.bytes) {
        yield* pieces(range(start, end), pieceBytes);
      },
    };
  }

  #bytes(key: string): Buffer {
    const bytes = this.objects.get(key);
    if (bytes === undefined)
      throw new BatchError('NotFound', `Cannot read ${s3Uri({ bucket: this.bucket, key })}.`);
    return bytes;
  }

  #unchanged(object: PinnedObject): Buffer {
    const bytes = this.#bytes(object.key);
    if (etagOf(bytes) !== object.etag)
      throw new BatchError('SourceChanged', `Cannot go on with ${object.key}.`);
    return bytes;
  }

  async exists(key: string): Promise<boolean> {
    return this.objects.has(key);
  }

  async *read(key: string, { from = 0 } = {}): AsyncGenerator<Uint8Array> {
    yield* pieces(this.#bytes(key).subarray(from), this.#pieceBytes);
  }

  async *list(prefix: string): AsyncGenerator<string> {
    yield* [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  /** Uploads that were put down and have not ended, by id: their parts by number. */
  readonly #uploads = new Map<string, Map<number, Buffer>>();
  #begun = 0;

  upload(key: string, state?: UploadState): ObjectUpload {
    const done = [...(state?.parts ?? [])];
    let id = state?.upload_id;
    let waiting: Uint8Array[] = [];
    let ended = false;
    const stored = () => {
      const parts = id === undefined ? new Map<number, Buffer>() : this.#uploads.get(id);
      if (ended || parts === undefined) throw named('NoSuchUpload');
      return parts;
    };
    const end = () => {
      if (id !== undefined) this.#uploads.delete(id);
      ended = true;
    };
    return {
      add: async (piece) => {
        stored();
        const bytes =
          'object' in piece ? this.#unchanged(piece.object).subarray(piece.start, piece.end) : piece;
        waiting.push(Uint8Array.from(bytes));
      },
      pause: async () => {
        const parts = stored();
        const bytes = Buffer.concat(waiting);
        if (bytes.length > 0 && bytes.length < this.#leastPartBytes) return undefined;
        id ??= `upload-${++this.#begun}`;
        if (bytes.length > 0) {
          parts.set(done.length + 1, bytes);
          done.push({ part: done.length + 1, etag: etagOf(bytes) });
        }
        this.#uploads.set(id, parts);
        waiting = [];
        return { upload_id: id, parts: [...done] };
      },
      complete: async () => {
        const parts = stored();
        // A part that was sent again has another ETag than the state that knows the first.
        const whole = done.map(({ part, etag }) => {
          const bytes = parts.get(part);
          if (bytes === undefined || etagOf(bytes) !== etag) throw named('InvalidPart');
          return bytes;
        });
        this.put(key, Buffer.concat([...whole, ...waiting]));
        end();
      },
      abort: async () => end(),
    };
  }

  async create(key: string, body: string): Promise<boolean> {
    if (this.objects.has(key)) return false;
    this.put(key, body);
    return true;
  }

  /** A body that breaks off leaves nothing behind, like an upload that is never completed. */
  async write(key: string, body: AsyncIterable<Uint8Array> | string): Promise<void> {
    this.put(key, typeof body === 'string' ? body : Buffer.concat(await collected(body)));
  }
}

export class FakeLog implements Log {
  readonly entries: { readonly message: string; readonly fields: Record<string, unknown> }[] = [];

  info(message: string, fields: Record<string, unknown>): void {
    this.entries.push({ message, fields });
  }
}

/** The statuses that end a job, for tests of every one. */
export const terminalStatuses = ['Completed', 'PartiallyCompleted', 'Failed', 'Stopped', 'Expired'] as const;
