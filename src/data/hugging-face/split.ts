/** A split as an execution's input names it. */
export interface SplitRequest {
  /** `owner/name`, or `name` for the few without an owner. */
  readonly datasetId: string;
  readonly split: string;
  readonly config?: string | undefined;
  /** A branch, tag or commit; without it, the hub's own conversion to Parquet is preferred. */
  readonly revision?: string | undefined;
}

export interface RepositoryFile {
  /** In the repository. */
  readonly path: string;
  readonly bytes: number;
  /** The hash by which the hub names the content: SHA-256 where it is stored apart from git, else git's own. */
  readonly etag: string;
}

export interface HubFile extends RepositoryFile {
  /** Its key below the staging folder, e.g. `0000.parquet`; names sort as their files do. */
  readonly name: string;
}

/** Plain JSON: a split whose every byte is decided. */
export interface PinnedSplit {
  /** The name of today, where the hub has renamed the dataset. */
  readonly datasetId: string;
  /** 40 hex digits. */
  readonly commit: string;
  readonly config: string;
  readonly split: string;
  readonly files: readonly HubFile[];
  /** What a user might not expect, in sentences. */
  readonly notes: readonly string[];
}

export interface Hub {
  /**
   * @throws BatchError InvalidInput or NotFound, saying what to do; an ordinary Error for what may pass.
   */
  resolve(request: SplitRequest): Promise<PinnedSplit>;
  /** The bytes of a file from `start` on. @throws BatchError SourceChanged for a file other than the pinned one. */
  read(split: PinnedSplit, file: HubFile, start: number): AsyncIterable<Uint8Array>;
}
