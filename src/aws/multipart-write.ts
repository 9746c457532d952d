import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { type S3Location, s3Uri } from '../batch/keys.ts';
import type { UploadState } from '../batch/manifest.ts';
import type { CopyRange, Piece } from '../data/byte-source.ts';
import { refusal } from '../errors.ts';
import type { ObjectUpload } from '../steps/collaborators.ts';
import { copiesOf, LEAST_PART, leastBytes, MOST_PARTS, partBytes, partBytesFor } from './part-sizes.ts';
import { PartsInFlight } from './parts-in-flight.ts';
import { copyError } from './read-error.ts';

export interface UploadTarget {
  readonly s3: S3Client;
  readonly target: S3Location;
  /** Bytes of a range, for those that are too few to be a part of their own. */
  read(range: CopyRange): AsyncIterable<Uint8Array>;
}

export interface UploadBegin {
  readonly state?: UploadState | undefined;
  readonly expectedBytes?: number | undefined;
}

/**
 * An object that is written of new bytes and of ranges of other objects, which S3 copies without their coming here. Up to 8 MB it is
 * one request. It may be put down between two pieces and taken up elsewhere.
 */
export class MultipartWrite implements ObjectUpload {
  readonly #to: UploadTarget;
  readonly #at: { readonly Bucket: string; readonly Key: string };
  readonly #chosenBytes: number | undefined;
  readonly #parts: PartsInFlight;
  #uploadId: string | undefined;
  #waiting = Buffer.alloc(0);
  #bytes = 0;

  constructor(to: UploadTarget, { state, expectedBytes }: UploadBegin = {}) {
    this.#to = to;
    this.#at = { Bucket: to.target.bucket, Key: to.target.key };
    this.#uploadId = state?.upload_id;
    this.#chosenBytes =
      state?.part_bytes ?? (expectedBytes === undefined ? undefined : partBytesFor(expectedBytes));
    this.#parts = new PartsInFlight(state?.parts ?? []);
  }

  async add(piece: Piece): Promise<void> {
    this.#parts.assertOpen();
    await ('object' in piece ? this.#addRange(piece) : this.#addBytes(piece));
  }

  async pause(): Promise<UploadState | undefined> {
    this.#parts.assertOpen();
    if (this.#bytes > 0 && this.#bytes < LEAST_PART) return undefined;
    await this.#flush();
    const parts = await this.#parts.all();
    return { upload_id: await this.#begun(), parts, part_bytes: this.#chosenBytes };
  }

  async complete(): Promise<void> {
    this.#parts.assertOpen();
    if (this.#parts.begun === 0) await this.#putWhole();
    else await this.#putTogether();
    this.#parts.end(ended('completed'));
  }

  async abort(): Promise<void> {
    await this.#parts.quiet();
    await this.#remove();
    this.#parts.end(ended('aborted'));
  }

  get #partBytes(): number {
    return partBytes(this.#parts.begun + 1, this.#chosenBytes);
  }

  /** Every part but the last is cut at its size, so that no large piece makes a large part. */
  async #addBytes(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + this.#partBytes - this.#bytes);
      this.#keep(bytes.subarray(at, end));
      at = end;
      if (this.#bytes >= this.#partBytes) await this.#flush();
    }
  }

  async #addRange(range: CopyRange): Promise<void> {
    const least = leastBytes(this.#parts.begun + 1, this.#chosenBytes);
    // Bytes that wait are no part until they are enough: the beginning of the range fills them up.
    const missing = this.#bytes === 0 ? 0 : Math.max(0, least - this.#bytes);
    const start = range.start + missing;
    if (range.end - start < least) return this.#download(range);
    await this.#download({ ...range, end: start });
    await this.#flush();
    for (const copy of copiesOf({ ...range, start })) await this.#copyPart(copy);
  }

  async #download(range: CopyRange): Promise<void> {
    if (range.start >= range.end) return;
    for await (const bytes of this.#to.read(range)) await this.#addBytes(bytes);
  }

  /** Copies: what a generator yields may be used again by it. */
  #keep(bytes: Uint8Array): void {
    const length = this.#bytes + bytes.length;
    if (length > this.#waiting.length) {
      // The first part may stay a small object; one behind it is likely to be filled.
      const capacity = this.#parts.begun > 0 ? this.#partBytes : Math.min(2 * length, this.#partBytes);
      const grown = Buffer.allocUnsafe(capacity);
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
    const Body = this.#taken();
    await this.#send(Body.length, async (PartNumber) => {
      const part = { ...this.#at, UploadId, PartNumber, Body, ContentLength: Body.length };
      return (await this.#to.s3.send(new UploadPartCommand(part))).ETag;
    });
  }

  async #copyPart({ object, start, end }: CopyRange): Promise<void> {
    const UploadId = await this.#begun();
    const version = object.version_id === undefined ? '' : `?versionId=${object.version_id}`;
    const copy = {
      ...this.#at,
      UploadId,
      CopySource: `${object.bucket}/${encodeURIComponent(object.key)}${version}`,
      CopySourceIfMatch: object.etag,
      CopySourceRange: `bytes=${start}-${end - 1}`,
    };
    await this.#send(0, async (PartNumber) => {
      const copied = this.#to.s3.send(new UploadPartCopyCommand({ ...copy, PartNumber }));
      const { CopyPartResult } = await copied.catch((error: unknown) => {
        throw copyError(error, object);
      });
      return CopyPartResult?.ETag;
    });
  }

  async #send(bytes: number, send: (part: number) => Promise<string | undefined>): Promise<void> {
    const uri = s3Uri(this.#to.target);
    if (this.#parts.begun >= MOST_PARTS) {
      const rule = `have at most ${MOST_PARTS} parts, as S3 takes them (give the table as several objects)`;
      throw refusal(`write ${uri}`, 'an object', rule, `more behind ${MOST_PARTS} of them`);
    }
    const nextBytes = partBytes(this.#parts.begun + 2, this.#chosenBytes);
    await this.#parts.start(bytes, nextBytes, async (part) => {
      const etag = await send(part);
      if (etag === undefined) throw new Error(`S3 took part ${part} of ${uri} and gave it no ETag.`);
      return etag;
    });
  }

  async #begun(): Promise<string> {
    this.#uploadId ??= (await this.#to.s3.send(new CreateMultipartUploadCommand(this.#at))).UploadId;
    if (this.#uploadId === undefined) throw new Error('S3 began an upload without an id.');
    return this.#uploadId;
  }

  /** S3 makes no object of an upload without parts, as one that was put down at its beginning. */
  async #putWhole(): Promise<void> {
    await this.#remove();
    const Body = this.#taken();
    await this.#to.s3.send(new PutObjectCommand({ ...this.#at, Body, ContentLength: Body.length }));
  }

  async #putTogether(): Promise<void> {
    await this.#flush();
    const Parts = (await this.#parts.all()).map(({ part, etag }) => ({ PartNumber: part, ETag: etag }));
    const whole = { ...this.#at, UploadId: this.#uploadId, MultipartUpload: { Parts } };
    await this.#to.s3.send(new CompleteMultipartUploadCommand(whole));
  }

  async #remove(): Promise<void> {
    if (this.#uploadId === undefined) return;
    const upload = { ...this.#at, UploadId: this.#uploadId };
    // What cannot be aborted now, the bucket's lifecycle removes; the error that led here is the one that tells why.
    await this.#to.s3.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
  }
}

/** As S3 calls it: whoever goes on cannot tell, and need not, who ended the upload. */
function ended(how: string): Error {
  return Object.assign(new Error(`The upload was ${how}.`), { name: 'NoSuchUpload' });
}
