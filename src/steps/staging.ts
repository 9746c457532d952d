import { type RunName, runKeys, type S3Location, s3Uri } from '../batch/keys.ts';
import type { PinnedObject, UploadState } from '../batch/manifest.ts';
import { decompressed, uncompressedName } from '../data/compression.ts';
import type { Hub, HubFile, PinnedSplit } from '../data/hugging-face/split.ts';
import { isFinal } from '../errors.ts';
import type { ObjectStore } from './collaborators.ts';

/** A download that was put down: what is there of the object, and its bytes. */
export interface FetchState {
  readonly upload: UploadState;
  readonly bytes: number;
}

export interface Fetching {
  readonly hub: Hub;
  readonly split: PinnedSplit;
  readonly objects: ObjectStore;
  readonly hasTime: () => boolean;
}

/** Brings a split's file into the bucket, where later runs find it; or as much of it as there is time for. */
export async function fetchFile(
  file: HubFile,
  key: string,
  fetching: Fetching,
  before?: FetchState,
): Promise<'was there' | 'fetched' | FetchState> {
  // An earlier try may have completed it, and nobody heard of that.
  if (await isThere(key, file, fetching.objects)) return 'was there';
  try {
    return await fetchOn(file, key, fetching, before);
  } catch (error) {
    // S3 removes uploads that nobody completes.
    if (before === undefined || (error as Error).name !== 'NoSuchUpload') throw error;
    return fetchOn(file, key, fetching, undefined);
  }
}

async function fetchOn(
  file: HubFile,
  key: string,
  { hub, split, objects, hasTime }: Fetching,
  before: FetchState | undefined,
): Promise<'fetched' | FetchState> {
  const upload = objects.upload(key, before?.upload, file.bytes);
  let bytes = before?.bytes ?? 0;
  try {
    for await (const part of hub.read(split, file, bytes)) {
      await upload.add(part);
      bytes += part.length;
      if (hasTime()) continue;
      const state = await upload.pause();
      if (state !== undefined) return { upload: state, bytes };
    }
    await upload.complete();
    return 'fetched';
  } catch (error) {
    // What was put down before belongs to its state, from which a retry goes on, if there is one.
    if (before === undefined || isFinal(error)) await upload.abort();
    // No part may come late, over one of the retry's; the error that led here is the one to tell.
    else await upload.pause().catch(() => undefined);
    throw error;
  }
}

/** A commit's file never changes, and an object is there whole or not at all. */
async function isThere(key: string, file: HubFile, objects: ObjectStore): Promise<boolean> {
  if (!(await objects.exists(key))) return false;
  return (await objects.pin({ bucket: objects.bucket, key })).bytes === file.bytes;
}

/** Unpacking was begun too late to end in this invocation. */
export class OutOfTime extends Error {}

/**
 * The object itself; what cannot be read from the middle is unpacked once, and the copy is read by every later step.
 * @throws OutOfTime and leaves nothing behind
 */
export async function readableObject(
  location: S3Location,
  run: RunName,
  objects: ObjectStore,
  hasTime: () => boolean,
): Promise<PinnedObject> {
  const object = await objects.pin(location);
  if (uncompressedName(location.key) === undefined) return object;
  const key = runKeys.staged(run, location.key);
  const chunks = decompressed(s3Uri(location), objects.source(object).stream(0));
  await objects.write(key, whileTime(chunks, hasTime));
  return objects.pin({ bucket: objects.bucket, key });
}

/** Unpacking cannot be put down: the state of a decompressor is its own. */
async function* whileTime(
  chunks: AsyncIterable<Uint8Array>,
  hasTime: () => boolean,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk;
    if (!hasTime()) throw new OutOfTime();
  }
}
