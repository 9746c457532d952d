/** What a rate is about. */
export interface Work {
  readonly rows: number;
  /** Bytes of the table, or of Bedrock's output. */
  readonly bytes: number;
}

/** Measures the part of a case that counts; what comes before it is preparation. */
export type Timed = (work: Work, run: () => Promise<unknown>) => Promise<void>;

export interface Measure extends Work {
  readonly seconds: number;
  /** The most memory that the process had resident, preparation included. */
  readonly peakMb: number;
}
