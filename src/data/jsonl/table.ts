import { isUtf8 } from 'node:buffer';
import type { StartPosition } from '../../batch/manifest.ts';
import { BatchError } from '../../errors.ts';
import type { ByteSource } from '../byte-source.ts';
import type { TextBatch } from '../cells.ts';
import { LineTooLong, MAX_LINE_BYTES, wholeLines } from '../lines.ts';
import { type Members, membersOf, memberText } from './members.ts';

/** One line: a JSON object, with its own bytes for writing back. */
export interface JsonlRecord {
  readonly bytes: Buffer;
  /** `\n` or `\r\n`. */
  readonly end: Buffer;
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
  const tooLong = () => refused(source.name, line, `have at most ${MAX_LINE_BYTES} bytes, and it has more`);
  for await (const piece of told(wholeLines(source.stream(offset)), tooLong)) {
    for (let start = 0; start < piece.length; ) {
      const newline = piece.indexOf(NEWLINE, start);
      const end = newline > start && piece[newline - 1] === CR ? newline - 1 : newline;
      if (end > start) {
        const bytes = piece.subarray(start, end);
        const members = isUtf8(bytes) ? membersOf(piece, start, newline) : undefined;
        if (members === undefined)
          throw refused(source.name, line, 'be a JSON object in UTF-8, and it is not');
        yield { bytes, end: piece.subarray(end, newline + 1), members, offset, line };
      }
      offset += newline + 1 - start;
      line++;
      start = newline + 1;
    }
  }
}

function refused(name: string, line: number, rule: string): BatchError {
  return new BatchError('InvalidInput', `Cannot read ${name}: line ${line} must ${rule}.`);
}

async function* told(pieces: AsyncIterable<Buffer>, tooLong: () => Error): AsyncGenerator<Buffer> {
  try {
    yield* pieces;
  } catch (error) {
    throw error instanceof LineTooLong ? tooLong() : error;
  }
}

/** Behind a byte order mark, if there is one. */
export async function firstJsonlPosition(source: ByteSource): Promise<StartPosition> {
  const head = Buffer.from(await source.slice(0, Math.min(3, source.byteLength)));
  return { row: 0, offset: head.equals(Buffer.from('\uFEFF')) ? 3 : 0, line: 1 };
}

/** Keys in the order in which they first occur. */
export class KeyCollector {
  readonly #keys: Set<string>;
  readonly #name: string;

  constructor(name: string, keys: Iterable<string> = []) {
    this.#name = name;
    this.#keys = new Set(keys);
  }

  add(keys: Iterable<string>): void {
    for (const key of keys) this.#keys.add(key);
    if (this.#keys.size <= MOST_COLUMNS) return;
    const sentence = `Cannot read ${this.#name}: its objects must have at most ${MOST_COLUMNS} different keys, and it has more.`;
    throw new BatchError('InvalidInput', sentence);
  }

  get keys(): readonly string[] {
    return [...this.#keys];
  }
}

/** Records that tell the columns before the whole file is read. */
const LEADING_RECORDS = 1000;
/** They are read whenever a file is opened, and may hold images. */
const LEADING_BYTES = 16 * 1024 * 1024;

/**
 * The columns, as far as the first objects tell them; none where there is no object.
 * @throws BatchError InvalidInput for objects without keys
 */
export async function leadingKeys(source: ByteSource, from: StartPosition): Promise<readonly string[]> {
  const keys = new KeyCollector(source.name);
  let records = 0;
  for await (const record of jsonlRecords(source, from)) {
    keys.add(record.members.keys());
    records++;
    if (records === LEADING_RECORDS || record.offset - from.offset > LEADING_BYTES) break;
  }
  // No columns are the sign of a file without rows, and are that alone.
  if (records === 0 || keys.keys.length > 0) return keys.keys;
  const rule = `must have keys, and the first ${records} have none`;
  throw new BatchError('InvalidInput', `Cannot read ${source.name}: its objects ${rule}.`);
}

/** The refusal of a dataset that is one file without an object. */
export function noObjects(name: string): BatchError {
  const sentence = `Cannot read ${name}: the file must have JSON objects, a line each, and it is empty.`;
  return new BatchError('InvalidInput', sentence);
}

export interface JsonlRowRange {
  readonly from: StartPosition;
  /** Rows between `from` and the first one wanted. */
  readonly skip: number;
  readonly rowCount: number;
}

export async function* jsonlRows(
  source: ByteSource,
  { from, skip, rowCount }: JsonlRowRange,
): AsyncGenerator<JsonlRecord> {
  if (rowCount === 0) return;
  let position = 0;
  for await (const record of jsonlRecords(source, from)) {
    if (position++ < skip) continue;
    yield record;
    if (position === skip + rowCount) return;
  }
}

const [BATCH_ROWS, BATCH_BYTES] = [1000, 1024 * 1024];

/** Whether so many records are enough to be handed out together: their texts are kept until then. */
export function isBatch(records: number, bytes: number): boolean {
  return records >= BATCH_ROWS || bytes >= BATCH_BYTES;
}

/** The values of some keys as text; of a key that an object does not have, null. */
export async function* jsonlTexts(
  source: ByteSource,
  range: JsonlRowRange,
  columns: readonly string[],
): AsyncGenerator<TextBatch> {
  let [rows, bytes] = [[] as (readonly (string | null)[])[], 0];
  let row = range.from.row + range.skip;
  let next: StartPosition | undefined;
  for await (const record of jsonlRows(source, range)) {
    rows.push(columns.map((column) => memberText(record.members.get(column))));
    bytes += record.bytes.length;
    next = { row: ++row, ...behindRecord(record) };
    if (!isBatch(rows.length, bytes)) continue;
    yield { rows, next };
    [rows, bytes] = [[], 0];
  }
  if (rows.length > 0) yield { rows, next };
}

/** Where reading goes on behind a record. */
export function behindRecord({ offset, line, bytes, end }: JsonlRecord) {
  return { offset: offset + bytes.length + end.length, line: line + 1 };
}
