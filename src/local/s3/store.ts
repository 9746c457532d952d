import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { assertBucketName, Bucket } from './bucket.ts';
import { S3Error } from './errors.ts';
import { KeyedLock } from './keyed-lock.ts';

interface BucketOptions {
  readonly versioned?: boolean;
  readonly region?: string;
}

/** All buckets; one folder each below the directory. Only one process may have it open. */
export class Store {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #locks = new KeyedLock();
  readonly #buckets = new Map<string, Bucket>();

  private constructor(directory: string, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  static async open(directory: string, clock: Clock): Promise<Store> {
    await mkdir(directory, { recursive: true });
    const store = new Store(directory, clock);
    const entries = await readdir(directory, { withFileTypes: true });
    for (const entry of entries) if (entry.isDirectory()) await store.#load(entry.name);
    return store;
  }

  get buckets(): Bucket[] {
    return [...this.#buckets.values()].sort((a, b) => (a.settings.name < b.settings.name ? -1 : 1));
  }

  bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (!bucket) throw new S3Error('NoSuchBucket');
    return bucket;
  }

  /** Answers whether the bucket is new. */
  createBucket(
    name: string,
    { versioned = false, region = 'us-east-1' }: BucketOptions = {},
  ): Promise<boolean> {
    assertBucketName(name);
    return this.#locks.run(name, async () => {
      if (this.#buckets.has(name)) return false;
      const settings = { name, region, versioned, createdAt: this.#clock.now() };
      this.#buckets.set(name, await Bucket.create(join(this.#directory, name), settings, this.#clock));
      return true;
    });
  }

  /** @throws S3Error where there is a version of anything in it */
  deleteBucket(name: string): Promise<void> {
    return this.#locks.run(name, async () => {
      if (this.bucket(name).keys().length > 0) throw new S3Error('BucketNotEmpty');
      this.#buckets.delete(name);
      const folder = join(this.#directory, name);
      // First, because a folder without it is not a bucket any more.
      await rm(join(folder, 'bucket.json'), { force: true });
      await rm(folder, { recursive: true, force: true });
    });
  }

  async #load(name: string): Promise<void> {
    const folder = join(this.#directory, name);
    // A kill while a bucket was being made leaves a folder without this; making it again completes it.
    if (!(await readdir(folder)).includes('bucket.json')) return;
    this.#buckets.set(name, await Bucket.load(folder, this.#clock));
  }
}
