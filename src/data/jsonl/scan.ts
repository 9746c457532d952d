import type { StartPosition } from '../../batch/manifest.ts';
import type { ByteSource } from '../byte-source.ts';
import { jsonStringBytes, type ScannedRows, type ScanWanted } from '../scan.ts';
import { memberText } from './members.ts';
import { ownRecordId } from './ready-made.ts';
import { behindRecord, isBatch, type JsonlRecord, jsonlRecords } from './table.ts';
import { requireUtf8Keys, requireUtf8Text } from './utf8-text.ts';

/** Every object from a position on, checked, with what a survey wants to know of it. */
export async function* scanJsonl(
  source: ByteSource,
  from: StartPosition,
  wanted: ScanWanted,
): AsyncGenerator<ScannedRows> {
  let batch = new Scanned(source.name, wanted, from);
  for await (const record of jsonlRecords(source, from)) {
    batch.add(record);
    if (!isBatch(batch.count, batch.bytes)) continue;
    yield batch;
    batch = new Scanned(source.name, wanted, batch.next);
  }
  if (batch.count > 0) yield batch;
}

class Scanned implements ScannedRows {
  readonly keys = new Set<string>();
  readonly recordIds: string[] = [];
  next: StartPosition;
  /** Of the records' lines. */
  bytes = 0;
  readonly #name: string;
  readonly #wanted: ScanWanted;
  readonly #positions: Omit<StartPosition, 'row'>[] = [];
  readonly #sizes: number[] = [];
  readonly #texts: (readonly (string | null)[])[] = [];

  constructor(name: string, wanted: ScanWanted, next: StartPosition) {
    this.#name = name;
    this.#wanted = wanted;
    this.next = next;
  }

  get count(): number {
    return this.#positions.length;
  }

  add(record: JsonlRecord): void {
    const { members, offset, line, bytes } = record;
    const { sized, texts, records } = this.#wanted;
    this.#requireUtf8(record);
    for (const key of members.keys()) this.keys.add(key);
    if (records) this.recordIds.push(ownRecordId(record, this.#name));
    this.bytes += bytes.length;
    this.#positions.push({ offset, line });
    this.#sizes.push(
      records ? bytes.length + 1 : sized.reduce((sum, key) => sum + sizeOf(members.get(key)), 0),
    );
    if (texts.length > 0) this.#texts.push(texts.map((key) => memberText(members.get(key))));
    this.next = { row: this.next.row + 1, ...behindRecord(record) };
  }

  /** Lines that stay lines keep their bytes; of those that do not, any key and value may go into the output. */
  #requireUtf8({ members, line }: JsonlRecord): void {
    const { sized, read } = this.#wanted;
    const place = { name: this.#name, line };
    if (read.length > 0) requireUtf8Keys(members.keys(), this.keys, place);
    for (const key of read.length > 0 ? members.keys() : sized) requireUtf8Text(key, members.get(key), place);
  }

  size(i: number): number {
    return this.#sizes[i] ?? 0;
  }

  position(i: number) {
    return this.#positions[i];
  }

  texts(i: number): readonly (string | null)[] {
    return this.#texts[i] ?? [];
  }
}

/** A string takes no more than it does where it was read; other values stand in a string as they are written. */
function sizeOf(json = 'null'): number {
  if (json === 'null') return 0;
  if (json.startsWith('"')) return Buffer.byteLength(json) - 2;
  const bytes = Buffer.from(json);
  return jsonStringBytes(bytes, 0, bytes.length);
}
