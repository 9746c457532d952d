import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * What `/tmp` is to one environment on AWS: its own, kept from event to event, and gone with it. Functions find it by `TMPDIR`,
 * as `os.tmpdir()` does; what is written to `/tmp` by that name goes to the `/tmp` of this machine.
 */
export class TemporaryDirectory {
  readonly path: string;
  readonly #bytes: number;

  constructor(functionName: string, sizeMb: number, root = tmpdir()) {
    this.path = mkdtempSync(join(root, `${functionName.replace(/[^\w-]/g, '_')}-`));
    this.#bytes = sizeMb * 2 ** 20;
  }

  /** Whether there is more in it than the function has room for. What was unlinked while it is open is not seen. */
  async isOverfull(): Promise<boolean> {
    return (await bytesIn(this.path)) > this.#bytes;
  }

  /** Never rejects: a directory that stays behind is no reason for an invocation to have no answer. */
  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 3 }).catch((error: Error) =>
      process.emitWarning(`The directory ${this.path} of a function could not be removed: ${error.message}`),
    );
  }
}

/** Makes a folder for such directories, without those that a process left which was killed. */
export function emptyRoot(root: string): void {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
}

async function bytesIn(directory: string): Promise<number> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(unlessGone([]));
  let sum = 0;
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) sum += await bytesIn(path);
    else if (entry.isFile()) sum += (await stat(path).catch(unlessGone({ size: 0 }))).size;
  }
  return sum;
}

/** A function may delete its files, or forbid them to everybody, while they are counted. */
function unlessGone<T>(instead: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(error.code ?? '')) return instead;
    throw error;
  };
}
