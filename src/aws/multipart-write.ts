import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import type { S3Location } from '../batch/keys.ts';
import type { CopyRange, Piece } from '../data/byte-source.ts';

/** S3: every part but the last has at least 5 MiB, a copied one at most 5 GiB, and there are 10,000 at most. */
const LEAST_PART = 5 * 1024 * 1024;
const LARGEST_COPY = 1024 ** 3;
const PART = 8 * 1024 * 1024;

export interface CopyingWrite {
  readonly s3: S3Client;
  readonly target: S3Location;
  /** Bytes of a range, for those that are too few to be a part of their own. */
  read(range: CopyRange): AsyncIterable<Uint8Array>;
}

/** Writes an object of new bytes and of ranges of other objects, which S3 copies without their coming here. */
export async function writeWithCopies(pieces: AsyncIterable<Piece>, write: CopyingWrite): Promise<void> {
  const { s3, target } = write;
  const at = { Bucket: target.bucket, Key: target.key };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at));
  const upload = { ...at, UploadId };
  try {
    const parts = new Parts(write, upload);
    for await (const piece of pieces) {
      if ('object' in piece) await parts.copy(piece);
      else await parts.add(piece);
    }
    const MultipartUpload = { Parts: await parts.finish() };
    await s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload }));
  } catch (error) {
    // What cannot be aborted now, the bucket's lifecycle removes; the first error is the one that tells why.
    await s3.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
    throw error;
  }
}

interface Upload {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string | undefined;
}

interface UploadedPart {
  readonly PartNumber: number;
  readonly ETag: string | undefined;
}

class Parts {
  readonly #write: CopyingWrite;
  readonly #upload: Upload;
  readonly #done: UploadedPart[] = [];
  #waiting: Uint8Array[] = [];
  #bytes = 0;

  constructor(write: CopyingWrite, upload: Upload) {
    this.#write = write;
    this.#upload = upload;
  }

  async add(bytes: Uint8Array): Promise<void> {
    // What a generator yields may be used again by it.
    this.#waiting.push(Uint8Array.from(bytes));
    this.#bytes += bytes.length;
    if (this.#bytes >= PART) await this.#flush();
  }

  async copy(range: CopyRange): Promise<void> {
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

  async finish(): Promise<UploadedPart[]> {
    if (this.#bytes > 0 || this.#done.length === 0) await this.#flush(true);
    return this.#done;
  }

  async #download(range: CopyRange): Promise<void> {
    if (range.start >= range.end) return;
    for await (const bytes of this.#write.read(range)) await this.add(bytes);
  }

  async #flush(evenEmpty = false): Promise<void> {
    if (this.#bytes === 0 && !evenEmpty) return;
    const PartNumber = this.#done.length + 1;
    const Body = Buffer.concat(this.#waiting);
    [this.#waiting, this.#bytes] = [[], 0];
    const { ETag } = await this.#write.s3.send(
      new UploadPartCommand({ ...this.#upload, PartNumber, Body, ContentLength: Body.length }),
    );
    this.#done.push({ PartNumber, ETag });
  }

  async #copyPart({ object, start, end }: CopyRange): Promise<void> {
    const PartNumber = this.#done.length + 1;
    const version = object.version_id === undefined ? '' : `?versionId=${object.version_id}`;
    const command = new UploadPartCopyCommand({
      ...this.#upload,
      PartNumber,
      CopySource: `${object.bucket}/${encodeURIComponent(object.key)}${version}`,
      CopySourceIfMatch: object.etag,
      CopySourceRange: `bytes=${start}-${end - 1}`,
    });
    const { CopyPartResult } = await this.#write.s3.send(command);
    this.#done.push({ PartNumber, ETag: CopyPartResult?.ETag });
  }
}
