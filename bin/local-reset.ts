import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { lockDirectory } from '../src/local/directory-lock.ts';
import { LocalAwsError } from '../src/local/local-aws-error.ts';
import { ENVIRONMENT_FILE } from './local-environment.ts';

/**
 * What the local AWS and the synthesis make in a state's directory. The last two are also what it is known by, so that a reset
 * that was cut short can be done again.
 */
const ENTRIES = ['bedrock', 'logs', 's3', 'sqs', 'states', 'tmp', ENVIRONMENT_FILE, 'dynamodb', 'assembly'];
/** Files that are in no directory which merely has folders of the same names. */
const MARKS = [join('dynamodb', 'CURRENT'), join('assembly', 'cdk.out')];
/** Of files that a kill left half written; a process's own lock goes with it. */
const DRAFT = /^(lock|environment\.json)\.\d+$/;

/** Deletes a local AWS's state. @throws LocalAwsError while it is in use, or for a directory that is none */
export async function localReset({ state }: { readonly state: string }): Promise<void> {
  if ((await entriesOf(state)).length === 0) {
    console.log(`There is nothing to delete in ${state}.`);
    return;
  }
  if (!(await isState(state))) {
    throw new LocalAwsError(`Cannot reset ${state}: it does not look like the state of a local AWS.`);
  }
  const lock = await lockDirectory(state, `reset ${state}`);
  let deleted: readonly string[] = [];
  try {
    deleted = await deleteEntries(state);
  } finally {
    await lock.release();
  }
  const kept = await entriesOf(state);
  if (kept.length === 0) await rmdir(state);
  const others = kept.length === 0 ? '' : ` Kept, as none of its own: ${kept.join(', ')}.`;
  console.log(`Deleted of ${state}: ${deleted.join(', ')}.${others}`);
}

async function deleteEntries(state: string): Promise<readonly string[]> {
  const entries = await entriesOf(state);
  const own = [...entries.filter((name) => DRAFT.test(name)), ...ENTRIES.filter((n) => entries.includes(n))];
  for (const name of own) await rm(join(state, name), { recursive: true, force: true });
  return own;
}

async function isState(state: string): Promise<boolean> {
  for (const mark of MARKS) if (await isFile(join(state, mark))) return true;
  return false;
}

async function isFile(path: string): Promise<boolean> {
  return (await unlessMissing(stat(path)))?.isFile() ?? false;
}

async function entriesOf(directory: string): Promise<readonly string[]> {
  return (await unlessMissing(readdir(directory))) ?? [];
}

async function unlessMissing<T>(looked: Promise<T>): Promise<T | undefined> {
  try {
    return await looked;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
