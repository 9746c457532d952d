import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LocalAwsError } from './local-aws-error.ts';

/** Keeps a directory for this process until it is released; the lock of a process that was killed does not count. */
export async function lockDirectory(
  directory: string,
  verb = 'start the local AWS',
): Promise<{ release(): Promise<void> }> {
  await mkdir(directory, { recursive: true });
  const file = join(directory, 'lock');
  for (;;) {
    try {
      await createWhole(file, String(process.pid));
      return { release: () => rm(file, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = Number(await readFile(file, 'utf8'));
    if (isAlive(owner)) {
      throw new LocalAwsError(`Cannot ${verb}: ${directory} is in use by another process (${owner}).`);
    }
    await rm(file, { force: true });
  }
}

/** A file that is there with its text or not at all, however this process ends. @throws EEXIST */
async function createWhole(file: string, text: string): Promise<void> {
  const own = `${file}.${process.pid}`;
  await writeFile(own, text);
  try {
    await link(own, file);
  } finally {
    await rm(own, { force: true });
  }
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // A process of another user may not be signalled, but it is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
