import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { ChecksumName, Checksums, ChecksumType } from './checksum.ts';
import type { DataFiles, Segment } from './data-files.ts';
import { S3Error } from './errors.ts';
import { readJsonFolder, writeJson } from './json-files.ts';
import { KeyedLock } from './keyed-lock.ts';

export interface Part {
  readonly number: number;
  readonly etag: string;
  readonly modified: number;
  readonly checksums: Checksums;
  readonly segment: Segment;
}

export interface UploadDocument {
  readonly id: string;
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly begun: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The algorithm of the whole object's checksum, if the client chose one. */
  readonly algorithm?: ChecksumName;
  /** Of what it is made; of all bytes where no algorithm was chosen. */
  readonly type: ChecksumType;
}

export interface Upload extends UploadDocument {
  readonly parts: ReadonlyMap<number, Part>;
}

interface OpenUpload extends Upload {
  readonly parts: Map<number, Part>;
}

export type PartDraft = Omit<Part, 'modified'>;

/** The multipart uploads under way in a bucket: `uploads/<id>/upload.json` and a `<number>.json` for each part. */
export class Uploads {
  readonly #folder: string;
  readonly #data: DataFiles;
  readonly #clock: Clock;
  readonly #locks = new KeyedLock();
  readonly #open = new Map<string, OpenUpload>();

  constructor(folder: string, data: DataFiles, clock: Clock) {
    this.#folder = folder;
    this.#data = data;
    this.#clock = clock;
  }

  async create(draft: Omit<UploadDocument, 'id' | 'begun'>): Promise<Upload> {
    const id = randomBytes(24).toString('base64url');
    const document: UploadDocument = { ...draft, id, begun: this.#clock.now() };
    await mkdir(this.#path(document.id));
    await writeJson(join(this.#path(document.id), 'upload.json'), document);
    const upload = { ...document, parts: new Map<number, Part>() };
    this.#open.set(document.id, upload);
    return upload;
  }

  find(key: string, id: string): Upload {
    return this.#find(key, id);
  }

  /** In no order. */
  open(): Iterable<Upload> {
    return this.#open.values();
  }

  /** Replaces a part of the same number. */
  addPart(key: string, id: string, draft: PartDraft): Promise<Part> {
    return this.#locks.run(id, async () => {
      const upload = this.#find(key, id);
      const part: Part = { ...draft, modified: this.#clock.now() };
      const before = upload.parts.get(part.number);
      await writeJson(join(this.#path(id), `${part.number}.json`), part);
      upload.parts.set(part.number, part);
      if (before) await this.#data.remove([before.segment]);
      return part;
    });
  }

  /** Ends an upload with what `finish` makes of it; the parts that it did not use are removed. */
  complete<T>(
    key: string,
    id: string,
    finish: (upload: Upload) => Promise<readonly [T, readonly Segment[]]>,
  ) {
    return this.#locks.run(id, async () => {
      const upload = this.#find(key, id);
      const [result, used] = await finish(upload);
      await this.#close(upload, new Set(used.map(({ file }) => file)));
      return result;
    });
  }

  abort(key: string, id: string): Promise<void> {
    return this.#locks.run(id, () => this.#close(this.#find(key, id), new Set()));
  }

  segments(): Segment[] {
    return [...this.#open.values()].flatMap(({ parts }) => [...parts.values()].map(({ segment }) => segment));
  }

  /** `finished` names uploads whose object was committed just before a kill: their parts belong to it now. */
  async load(finished: ReadonlySet<string | undefined>): Promise<void> {
    for (const id of await readdir(this.#folder)) {
      const documents = await readJsonFolder<UploadDocument | Part>(this.#path(id));
      const upload = documents.find((document): document is UploadDocument => 'key' in document);
      const parts = documents.filter((document): document is Part => 'number' in document);
      if (!upload || finished.has(id)) await rm(this.#path(id), { recursive: true, force: true });
      else
        this.#open.set(id, {
          ...older(upload),
          ...upload,
          parts: new Map(parts.map((part) => [part.number, part])),
        });
    }
  }

  #find(key: string, id: string): OpenUpload {
    const upload = this.#open.get(id);
    if (upload?.key !== key) throw new S3Error('NoSuchUpload');
    return upload;
  }

  async #close(upload: OpenUpload, used: ReadonlySet<string>): Promise<void> {
    this.#open.delete(upload.id);
    await rm(this.#path(upload.id), { recursive: true, force: true });
    const segments = [...upload.parts.values()].map(({ segment }) => segment);
    await this.#data.remove(segments.filter(({ file }) => !used.has(file)));
  }

  #path(id: string): string {
    return join(this.#folder, id);
  }
}

/** What the documents of earlier versions do not say. */
function older({ algorithm }: UploadDocument): Pick<UploadDocument, 'begun' | 'type'> {
  return { begun: 0, type: algorithm === undefined ? 'FULL_OBJECT' : 'COMPOSITE' };
}
