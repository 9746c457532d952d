import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LocalAwsError } from '../src/local/local-aws-error.ts';

export interface LocalLogsOptions {
  readonly state: string;
  readonly follow?: boolean;
}

const ENDING = '.log';
const POLL_MS = 250;

/**
 * Prints the logs of the functions whose names have a text in them, one after the other; `follow` goes on with what comes, for ever.
 * @throws LocalAwsError if there is none
 */
export async function localLogs(part: string, { state, follow = false }: LocalLogsOptions): Promise<void> {
  const directory = join(state, 'logs');
  const files = await logFiles(directory);
  if (!files.some(matches(part))) {
    const sentence = noLogs(part, directory, files);
    if (!follow) throw new LocalAwsError(`Cannot show the logs: ${sentence}.`);
    console.error(`So far ${sentence}.`);
  }
  const printer = new Printer(directory);
  await printer.printNew(files.filter(matches(part)));
  while (follow) {
    await delay(POLL_MS);
    // A function's file is made when it is first called.
    await printer.printNew((await logFiles(directory)).filter(matches(part)));
  }
}

/** Prints what files have that was not printed yet, in pieces, so that a log may be of any size. */
class Printer {
  readonly #directory: string;
  readonly #printed = new Map<string, number>();
  #current = '';

  constructor(directory: string) {
    this.#directory = directory;
  }

  async printNew(files: readonly string[]): Promise<void> {
    for (const file of files) {
      const size = await sizeOf(join(this.#directory, file));
      const before = this.#printed.get(file) ?? 0;
      // One that is shorter was deleted and begun anew.
      const start = size < before ? 0 : before;
      if (size > start) await this.#print(file, start, size - 1);
      this.#printed.set(file, size);
    }
  }

  async #print(file: string, start: number, end: number): Promise<void> {
    if (file !== this.#current) {
      process.stdout.write(`${this.#current === '' ? '' : '\n'}==> ${file.slice(0, -ENDING.length)} <==\n`);
    }
    this.#current = file;
    // No pipeline: it leaves its listeners on a stream that it may not end.
    for await (const piece of createReadStream(join(this.#directory, file), { start, end })) {
      if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
    }
  }
}

function matches(part: string): (file: string) => boolean {
  const wanted = part.toLowerCase();
  return (file) => file.slice(0, -ENDING.length).toLowerCase().includes(wanted);
}

function noLogs(part: string, directory: string, files: readonly string[]): string {
  if (files.length === 0) return `no function has written one in ${directory}`;
  const names = files.map((file) => file.slice(0, -ENDING.length)).join(', ');
  return `no function whose name has "${part}" in it has written one in ${directory} (there are ${names})`;
}

async function logFiles(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch(ifMissing<string[]>([]));
  return names.filter((name) => name.endsWith(ENDING)).sort();
}

async function sizeOf(file: string): Promise<number> {
  // A reset may delete it meanwhile.
  const found = await stat(file).catch(ifMissing(undefined));
  return found?.size ?? 0;
}

function ifMissing<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return value;
    throw error;
  };
}
