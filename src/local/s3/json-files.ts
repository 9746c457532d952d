import { randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const READERS = 32;

/** A temporary file, then a rename: a process that is killed leaves the old document or the new one. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, JSON.stringify(value));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

export async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T;
}

/** Every document of a folder, in no order; what a kill left behind of a write is removed on the way. */
export async function readJsonFolder<T>(folder: string): Promise<T[]> {
  const names = await readdir(folder);
  const documents: T[] = [];
  const readSome = async () => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      if (name.endsWith('.tmp')) await rm(join(folder, name), { force: true });
      else documents.push(await readJson<T>(join(folder, name)));
    }
  };
  await Promise.all(Array.from({ length: READERS }, readSome));
  return documents;
}
