import { createHash, randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Checksums } from './checksum.ts';
import { DataFiles, type Segment } from './data-files.ts';
import { S3Error } from './errors.ts';
import { readJson, readJsonFolder, writeJson } from './json-files.ts';
import { KeyedLock } from './keyed-lock.ts';
import { SortedKeys } from './sorted-keys.ts';
import { Uploads } from './uploads.ts';

/** What a writer gives; the bucket adds version and time. */
export interface ObjectDraft {
  /** Quoted, as in the ETag header. */
  readonly etag: string;
  readonly size: number;
  /** Header lines to give back: content type, user metadata and the like. */
  readonly headers: Readonly<Record<string, string>>;
  readonly checksums: Checksums;
  readonly segments: readonly Segment[];
  /** The multipart upload that it came from. */
  readonly upload?: string;
  /** A delete marker: the key looks absent, its older versions stay. */
  readonly deleted?: boolean;
}

export interface ObjectVersion extends ObjectDraft {
  readonly id: string;
  readonly modified: number;
}

export interface BucketSettings {
  readonly name: string;
  readonly region: string;
  readonly createdAt: number;
  readonly versioned: boolean;
}

/** One document for a key, its versions newest first: replacing it is what commits a change. */
interface KeyDocument {
  readonly key: string;
  readonly versions: readonly ObjectVersion[];
}

/** Throws what should be answered if the change must not happen; asked while the key is locked. */
export type WriteGuard = (current: ObjectVersion | undefined) => void;

/** The version id of objects that were written without versioning. */
export const NULL_VERSION = 'null';

const DELETE_MARKER: ObjectDraft = {
  etag: '""',
  size: 0,
  headers: {},
  checksums: {},
  segments: [],
  deleted: true,
};

/** `bucket.json`, `keys/<hash of the key>.json`, `data/<id>`, `uploads/<id>/`; the index of keys is in memory. */
export class Bucket {
  readonly data: DataFiles;
  readonly uploads: Uploads;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #locks = new KeyedLock();
  readonly #versions = new Map<string, readonly ObjectVersion[]>();
  #settings: BucketSettings;
  #listed = new SortedKeys();

  private constructor(folder: string, settings: BucketSettings, clock: Clock) {
    this.#folder = folder;
    this.#settings = settings;
    this.#clock = clock;
    this.data = new DataFiles(join(folder, 'data'));
    this.uploads = new Uploads(join(folder, 'uploads'), this.data, clock);
  }

  static async create(folder: string, settings: BucketSettings, clock: Clock): Promise<Bucket> {
    for (const part of ['keys', 'data', 'uploads']) await mkdir(join(folder, part), { recursive: true });
    // Last, because a folder without it is not a bucket yet.
    await writeJson(join(folder, 'bucket.json'), settings);
    return new Bucket(folder, settings, clock);
  }

  static async load(folder: string, clock: Clock): Promise<Bucket> {
    const bucket = new Bucket(folder, await readJson<BucketSettings>(join(folder, 'bucket.json')), clock);
    await bucket.#load();
    return bucket;
  }

  get settings(): BucketSettings {
    return this.#settings;
  }

  get listed(): SortedKeys {
    return this.#listed;
  }

  async enableVersioning(): Promise<void> {
    const settings = { ...this.#settings, versioned: true };
    await writeJson(join(this.#folder, 'bucket.json'), settings);
    this.#settings = settings;
  }

  /** The newest version, or undefined if there is none or it is a delete marker. */
  current(key: string): ObjectVersion | undefined {
    const newest = this.newest(key);
    return newest?.deleted ? undefined : newest;
  }

  newest(key: string): ObjectVersion | undefined {
    return this.#versions.get(key)?.[0];
  }

  version(key: string, id: string): ObjectVersion | undefined {
    return this.#versions.get(key)?.find((version) => version.id === id);
  }

  /** Of every version there is, newest first. */
  versions(key: string): readonly ObjectVersion[] {
    return this.#versions.get(key) ?? [];
  }

  /** Those that look absent too, in no order. */
  keys(): readonly string[] {
    return [...this.#versions.keys()];
  }

  /** Makes the draft the newest version of its key. If that is refused, the draft's bytes are left to the caller. */
  put(key: string, draft: ObjectDraft, guard: WriteGuard): Promise<ObjectVersion> {
    return this.#locks.run(key, async () => {
      guard(this.current(key));
      const { versioned } = this.#settings;
      const version = { ...draft, id: versioned ? newVersionId() : NULL_VERSION, modified: this.#now() };
      const older = this.#versions.get(key) ?? [];
      await this.#replace(key, [
        version,
        ...(versioned ? older : older.filter(({ id }) => id !== NULL_VERSION)),
      ]);
      return version;
    });
  }

  /** Answers the version that was removed or the delete marker that was laid, if either came to be. */
  delete(key: string, id: string | undefined, guard: WriteGuard): Promise<ObjectVersion | undefined> {
    if (id === undefined && this.#settings.versioned) return this.put(key, DELETE_MARKER, guard);
    return this.#locks.run(key, async () => {
      guard(this.current(key));
      const older = this.#versions.get(key) ?? [];
      const removed = older.find((version) => version.id === (id ?? NULL_VERSION));
      if (removed)
        await this.#replace(
          key,
          older.filter((version) => version !== removed),
        );
      return removed;
    });
  }

  async #replace(key: string, versions: readonly ObjectVersion[]): Promise<void> {
    const kept = new Set(segmentsOf(versions).map(({ file }) => file));
    const dropped = segmentsOf(this.#versions.get(key) ?? []).filter(({ file }) => !kept.has(file));
    const path = join(this.#folder, 'keys', `${createHash('sha256').update(key).digest('hex')}.json`);
    if (versions.length > 0) await writeJson(path, { key, versions } satisfies KeyDocument);
    else await rm(path, { force: true });
    this.#index(key, versions);
    await this.data.remove(dropped);
  }

  #index(key: string, versions: readonly ObjectVersion[]): void {
    if (versions.length > 0) this.#versions.set(key, versions);
    else this.#versions.delete(key);
    if (this.current(key)) this.#listed.add(key);
    else this.#listed.remove(key);
  }

  async #load(): Promise<void> {
    const documents = await readJsonFolder<KeyDocument>(join(this.#folder, 'keys'));
    for (const { key, versions } of documents) this.#versions.set(key, versions);
    this.#listed = new SortedKeys([...this.#versions.keys()].filter((key) => this.current(key)));
    const versions = documents.flatMap((document) => document.versions);
    await this.uploads.load(new Set(versions.map(({ upload }) => upload)));
    const named = [...segmentsOf(versions), ...this.uploads.segments()];
    await this.data.sweep(new Set(named.map(({ file }) => file)));
  }

  #now(): number {
    return Math.floor(this.#clock.now() / 1000) * 1000;
  }
}

function segmentsOf(versions: readonly ObjectVersion[]): Segment[] {
  return versions.flatMap(({ segments }) => segments);
}

function newVersionId(): string {
  return randomBytes(24).toString('base64url');
}

/** The lower-case names that S3 allows; they are safe as folder names everywhere. */
export function assertBucketName(name: string): void {
  const allowed = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes('..');
  if (!allowed) throw new S3Error('InvalidBucketName');
}
