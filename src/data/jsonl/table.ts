import { isUtf8 } from 'node:buffer';
import type { StartPosition } from '../../batch/manifest.ts';
import { BatchError } from '../../errors.ts';
import type { ByteSource } from '../byte-source.ts';
import { wholeLines } from '../lines.ts';
import { type Members, membersOf } from './members.ts';

/** One line: a JSON object, with its own bytes for writing back. */
export interface JsonlRecord {
  /** Without its line end. */
  readonly bytes: Buffer;
  readonly members: Members;
  readonly offset: number;
  readonly line: number;
}

/** Different keys that a dataset may have. More are values that became keys. */
const MOST_COLUMNS = 1000;
const [NEWLINE, CR] = [0x0a, 0x0d];

/**
 * The objects of a JSONL file, from a position on. Empty lines are no rows.
 * @throws BatchError InvalidInput with the line that is no JSON object
 */
export async function* jsonlRecords(
  source: ByteSource,
  from: Omit<StartPosition, 'row'>,
): AsyncGenerator<JsonlRecord> {
  let { offset, line } = from;
  for await (const piece of wholeLines(source.stream(offset))) {
    for (let start = 0; start < piece.length; ) {
      const newline = piece.indexOf(NEWLINE, start);
      const end = newline > start && piece[newline - 1] === CR ? newline - 1 : newline;
      if (end > start) {
        const bytes = piece.subarray(start, end);
        const members = isUtf8(bytes) ? membersOf(piece, start, newline) : undefined;
        if (members === undefined) throw notAnObject(source.name, line);
        yield { bytes, members, offset, line };
      }
      offset += newline + 1 - start;
      line++;
      start = newline + 1;
    }
  }
}

function notAnObject(name: string, line: number): BatchError {
  return new BatchError(
    'InvalidInput',
    `Cannot read ${name}: line ${line} must be a JSON object in UTF-8, and it is not.`,
  );
}

/** Behind a byte order mark, if there is one. */
export async function firstJsonlPosition(source: ByteSource): Promise<StartPosition> {
  const head = Buffer.from(await source.slice(0, Math.min(3, source.byteLength)));
  return { row: 0, offset: head.equals(Buffer.from('\uFEFF')) ? 3 : 0, line: 1 };
}

/** Keys in the order in which they first occur. */
export class KeyCollector {
  readonly #keys = new Set<string>();
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  add({ members, line }: JsonlRecord): void {
    for (const key of members.keys()) this.#keys.add(key);
    if (this.#keys.size <= MOST_COLUMNS) return;
    const sentence = `Cannot read ${this.#name}: its objects must have at most ${MOST_COLUMNS} different keys, and line ${line} has one more.`;
    throw new BatchError('InvalidInput', sentence);
  }

  get keys(): readonly string[] {
    return [...this.#keys];
  }
}
