import { Readable } from 'node:stream';
import type { WriterConfig } from '../definition.ts';
import { StatesError } from '../errors.ts';
import type { EndedChild } from '../execution.ts';
import type { WriteResults } from '../options.ts';
import { childRecord } from './child-record.ts';
import type { Destination } from './distributed-plan.ts';
import { type OutputType, ResultFile } from './result-file.ts';
import type { ResultSink, Transformation } from './result-sink.ts';

/** PENDING holds the children that were stopped with the Map Run. */
const FILES = { SUCCEEDED: 'SUCCEEDED', FAILED: 'FAILED', TIMED_OUT: 'FAILED', ABORTED: 'PENDING' } as const;
type FileKind = (typeof FILES)[keyof typeof FILES];

export interface S3SinkOptions {
  readonly write: WriteResults;
  readonly destination: Destination;
  readonly config: WriterConfig | undefined;
  readonly mapRunArn: string;
}

/** Exports to `<Prefix>/<map run id>/`, each file sent while the children end; keeps none of their results. */
export class S3Sink implements ResultSink {
  readonly #options: S3SinkOptions;
  readonly #folder: string;
  readonly #type: OutputType;
  readonly #transformation: Transformation;
  readonly #files = new Map<FileKind, ResultFile>();

  constructor(options: S3SinkOptions) {
    const { destination, mapRunArn, config } = options;
    this.#options = options;
    this.#type = config?.OutputType ?? 'JSON';
    this.#transformation = config?.Transformation ?? 'NONE';
    const id = mapRunArn.slice(mapRunArn.lastIndexOf(':') + 1);
    this.#folder = destination.prefix === '' ? id : `${destination.prefix}/${id}`;
  }

  async add(ended: EndedChild): Promise<void> {
    const kind = FILES[ended.result.status];
    for (const record of this.#records(ended)) {
      await this.#file(kind).add(record).catch(writerFailed);
    }
  }

  async finish(): Promise<unknown> {
    const { write, destination, mapRunArn } = this.#options;
    const files: Record<FileKind, unknown[]> = { FAILED: [], PENDING: [], SUCCEEDED: [] };
    for (const [kind, file] of this.#files) files[kind].push(await file.end().catch(writerFailed));
    const manifest = { DestinationBucket: destination.bucket, MapRunArn: mapRunArn, ResultFiles: files };
    const key = `${this.#folder}/manifest.json`;
    const body = Readable.from([Buffer.from(JSON.stringify(manifest))]);
    await write({ bucket: destination.bucket, key, body }).catch(writerFailed);
    return { MapRunArn: mapRunArn, ResultWriterDetails: { Bucket: destination.bucket, Key: key } };
  }

  async abandon(reason: Error): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.abandon(reason)));
  }

  /** A transformation is for successes only: a failure is always the whole record. */
  #records({ child, result, stopTime }: EndedChild): readonly unknown[] {
    if (result.status !== 'SUCCEEDED' || this.#transformation === 'NONE') {
      return [childRecord(child, result, stopTime)];
    }
    const flatten = this.#transformation === 'FLATTEN' && Array.isArray(result.output);
    return flatten ? (result.output as unknown[]) : [result.output];
  }

  #file(kind: FileKind): ResultFile {
    const open = this.#files.get(kind);
    if (open) return open;
    const { write, destination } = this.#options;
    const extension = this.#type === 'JSONL' ? 'jsonl' : 'json';
    const key = `${this.#folder}/${kind}_0.${extension}`;
    const file = new ResultFile(write, destination.bucket, key, this.#type);
    this.#files.set(kind, file);
    return file;
  }
}

function writerFailed(failure: unknown): never {
  if (failure instanceof StatesError) throw failure;
  throw new StatesError(
    'States.ResultWriterFailed',
    failure instanceof Error ? failure.message : String(failure),
  );
}
