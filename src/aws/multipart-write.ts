import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import type { S3Location } from '../batch/keys.ts';
import type { UploadedPart, UploadState } from '../batch/manifest.ts';
import type { CopyRange, Piece } from '../data/byte-source.ts';
import type { ObjectUpload } from '../steps/collaborators.ts';
import { readError } from './read-error.ts';

const MIB = 1024 * 1024;
/** S3: every part but the last has at least 5 MiB, a copied one at most 5 GiB, and there are 10,000 at most. */
const LEAST_PART = 5 * MIB;
const LARGEST_COPY = 1024 * MIB;
const FIRST_PARTS = 8 * MIB;
/** Parts double in size every so many, so that the 10,000th ends at 8 TB and the first ones take little memory. */
const PARTS_OF_A_SIZE = 1000;
/** Requests at a time, and bytes that they may hold together. */
const IN_FLIGHT = { requests: 4, bytes: 64 * MIB };

export interface UploadTarget {
  readonly s3: S3Client;
  readonly target: S3Location;
  /** Bytes of a range, for those that are too few to be a part of their own. */
  read(range: CopyRange): AsyncIterable<Uint8Array>;
}

interface Key {
  readonly Bucket: string;
  readonly Key: string;
}

/**
 * An object that is written of new bytes and of ranges of other objects, which S3 copies without their coming here. Up to 8 MB it is
 * one request. It may be put down between two pieces and taken up elsewhere.
 */
export class MultipartWrite implements ObjectUpload {
  readonly #to: UploadTarget;
  readonly #at: Key;
  readonly #done: UploadedPart[];
  #uploadId: string | undefined;
  #next: number;
  #waiting = Buffer.alloc(0);
  #bytes = 0;
  readonly #inFlight = new Set<Promise<void>>();
  #bytesInFlight = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(to: UploadTarget, state?: UploadState) {
    this.#to = to;
    this.#at = { Bucket: to.target.bucket, Key: to.target.key };
    this.#uploadId = state?.upload_id;
    this.#done = [...(state?.parts ?? [])];
    this.#next = this.#done.length + 1;
  }

  async add(piece: Piece): Promise<void> {
    if ('object' in piece) return this.#addRange(piece);
    this.#keep(piece);
    if (this.#bytes >= this.#partSize) await this.#flush();
  }

  async pause(): Promise<UploadState | undefined> {
    if (this.#bytes > 0 && this.#bytes < LEAST_PART) return undefined;
    await this.#flush();
    await this.#settled();
    return { upload_id: await this.#begun(), parts: this.#inOrder() };
  }

  async complete(): Promise<void> {
    if (this.#uploadId === undefined) {
      const Body = this.#taken();
      await this.#to.s3.send(new PutObjectCommand({ ...this.#at, Body, ContentLength: Body.length }));
      return;
    }
    await this.#flush();
    await this.#settled();
    const Parts = this.#inOrder().map(({ part, etag }) => ({ PartNumber: part, ETag: etag }));
    const MultipartUpload = { Parts };
    await this.#to.s3.send(
      new CompleteMultipartUploadCommand({ ...this.#at, UploadId: this.#uploadId, MultipartUpload }),
    );
  }

  async abort(): Promise<void> {
    await Promise.allSettled(this.#inFlight);
    if (this.#uploadId === undefined) return;
    const upload = { ...this.#at, UploadId: this.#uploadId };
    // What cannot be aborted now, the bucket's lifecycle removes; the error that led here is the one that tells why.
    await this.#to.s3.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
  }

  get #partSize(): number {
    return FIRST_PARTS * 2 ** Math.floor((this.#next - 1) / PARTS_OF_A_SIZE);
  }

  async #addRange(range: CopyRange): Promise<void> {
    let { start } = range;
    // Bytes that wait are no part until they are enough: the beginning of the range fills them up.
    const missing = this.#bytes === 0 ? 0 : Math.max(0, LEAST_PART - this.#bytes);
    if (missing > 0) {
      const end = Math.min(range.end, start + missing);
      await this.#download({ ...range, start, end });
      start = end;
    }
    if (range.end - start < LEAST_PART) return this.#download({ ...range, start });
    await this.#flush();
    while (start < range.end) {
      const rest = range.end - start;
      // The last copy takes what is left, so that none falls under the least.
      const end = rest < 2 * LARGEST_COPY ? range.end : start + LARGEST_COPY;
      await this.#copyPart({ ...range, start, end });
      start = end;
    }
  }

  async #download(range: CopyRange): Promise<void> {
    if (range.start >= range.end) return;
    for await (const bytes of this.#to.read(range)) await this.add(bytes);
  }

  /** Copies: what a generator yields may be used again by it. */
  #keep(bytes: Uint8Array): void {
    const length = this.#bytes + bytes.length;
    if (length > this.#waiting.length) {
      const grown = Buffer.allocUnsafe(Math.max(length, Math.min(2 * length, this.#partSize + MIB)));
      this.#waiting.copy(grown, 0, 0, this.#bytes);
      this.#waiting = grown;
    }
    this.#waiting.set(bytes, this.#bytes);
    this.#bytes = length;
  }

  #taken(): Buffer {
    const bytes = this.#waiting.subarray(0, this.#bytes);
    [this.#waiting, this.#bytes] = [Buffer.alloc(0), 0];
    return bytes;
  }

  async #flush(): Promise<void> {
    if (this.#bytes === 0) return;
    const UploadId = await this.#begun();
    const PartNumber = this.#next++;
    const Body = this.#taken();
    await this.#start(PartNumber, Body.length, async () => {
      const part = { ...this.#at, UploadId, PartNumber, Body, ContentLength: Body.length };
      return (await this.#to.s3.send(new UploadPartCommand(part))).ETag;
    });
  }

  async #copyPart({ object, start, end }: CopyRange): Promise<void> {
    const UploadId = await this.#begun();
    const PartNumber = this.#next++;
    const version = object.version_id === undefined ? '' : `?versionId=${object.version_id}`;
    const command = new UploadPartCopyCommand({
      ...this.#at,
      UploadId,
      PartNumber,
      CopySource: `${object.bucket}/${encodeURIComponent(object.key)}${version}`,
      CopySourceIfMatch: object.etag,
      CopySourceRange: `bytes=${start}-${end - 1}`,
    });
    await this.#start(PartNumber, 0, async () => {
      try {
        return (await this.#to.s3.send(command)).CopyPartResult?.ETag;
      } catch (error) {
        throw readError(error, object);
      }
    });
  }

  async #begun(): Promise<string> {
    this.#uploadId ??= (await this.#to.s3.send(new CreateMultipartUploadCommand(this.#at))).UploadId;
    if (this.#uploadId === undefined) throw new Error('S3 began an upload without an id.');
    return this.#uploadId;
  }

  /** Sends a part beside others; the first failure is thrown by whatever is called next. */
  async #start(part: number, bytes: number, send: () => Promise<string | undefined>): Promise<void> {
    this.#bytesInFlight += bytes;
    const sending: Promise<void> = send()
      .then((etag = '') => void this.#done.push({ part, etag }))
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#bytesInFlight -= bytes;
        this.#inFlight.delete(sending);
      });
    this.#inFlight.add(sending);
    while (
      this.#inFlight.size >= IN_FLIGHT.requests ||
      (this.#inFlight.size > 0 && this.#bytesInFlight > IN_FLIGHT.bytes)
    ) {
      await Promise.race(this.#inFlight);
    }
    this.#assertWhole();
  }

  async #settled(): Promise<void> {
    await Promise.all(this.#inFlight);
    this.#assertWhole();
  }

  #assertWhole(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #inOrder(): readonly UploadedPart[] {
    return this.#done.toSorted((a, b) => a.part - b.part);
  }
}
