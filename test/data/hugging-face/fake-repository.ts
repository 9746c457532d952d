import { createHash } from 'node:crypto';
import type { FakeDataset } from './fake-hub.ts';

export interface FakeFile {
  readonly path: string;
  readonly content: Buffer;
  readonly size: number;
  readonly sha256: string;
  /** Git's name for the content. */
  readonly oid: string;
  /** In the storage, as large files are; small text is in git, and the hub sends it itself. */
  readonly stored: boolean;
}

export interface FakeRevision {
  readonly commit: string;
  readonly files: ReadonlyMap<string, FakeFile>;
}

const hash = (algorithm: string, ...parts: readonly (string | Uint8Array)[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash(algorithm)).digest('hex');

/** A dataset's repository: the same files are always the same commit. */
export class FakeRepository {
  readonly id: string;
  readonly dataset: FakeDataset;
  readonly #revisions = new Map<string, FakeRevision>();
  readonly #contents = new Map<string, FakeFile>();

  constructor(id: string, dataset: FakeDataset) {
    this.id = id;
    this.dataset = dataset;
    const { files, converted, revisions = {} } = dataset;
    const branches = { ...revisions, main: files, ...(converted && { 'refs/convert/parquet': converted }) };
    for (const [name, contents] of Object.entries(branches)) {
      const revision = this.#revisionOf(name, contents);
      this.#revisions.set(name, revision).set(revision.commit, revision);
    }
    for (const path of Object.keys(dataset.replaced ?? {})) this.replaced(path);
  }

  /** By branch, tag or commit. */
  revision(name: string): FakeRevision | undefined {
    return this.#revisions.get(name);
  }

  content(sha256: string): FakeFile | undefined {
    return this.#contents.get(sha256);
  }

  replaced(path: string): FakeFile | undefined {
    const content = this.dataset.replaced?.[path];
    return content === undefined ? undefined : this.#file(path, content);
  }

  #revisionOf(name: string, contents: FakeDataset['files']): FakeRevision {
    const files = Object.entries(contents).map(([path, content]) => this.#file(path, content));
    const sums = files.map(({ path, sha256 }) => `${path} ${sha256}\n`);
    return {
      commit: hash('sha1', this.id, name, ...sums),
      files: new Map(files.map((file) => [file.path, file])),
    };
  }

  #file(path: string, given: string | Uint8Array): FakeFile {
    const content = Buffer.from(given);
    const file = {
      ...{ path, content, size: content.length },
      sha256: hash('sha256', content),
      oid: hash('sha1', `blob ${content.length}\0`, content),
      stored: /\.(parquet|gz|zst)$/.test(path) || content.length > 100_000,
    };
    this.#contents.set(file.sha256, file);
    return file;
  }
}
