import type { StartPosition } from '../../batch/manifest.ts';
import type { ByteSource } from '../byte-source.ts';
import { jsonStringBytes, type ScannedRows, type ScanWanted } from '../scan.ts';
import { memberText } from './members.ts';
import { ownRecordId } from './ready-made.ts';
import { behindRecord, type JsonlRecord, jsonlRecords } from './table.ts';

/** Records that are told of together. */
const BATCH_RECORDS = 1000;

/** Every object from a position on, checked, with what a survey wants to know of it. */
export async function* scanJsonl(
  source: ByteSource,
  from: StartPosition,
  wanted: ScanWanted,
): AsyncGenerator<ScannedRows> {
  let batch = new Scanned(source.name, wanted, from);
  for await (const record of jsonlRecords(source, from)) {
    batch.add(record);
    if (batch.count < BATCH_RECORDS) continue;
    yield batch;
    batch = new Scanned(source.name, wanted, batch.next);
  }
  if (batch.count > 0) yield batch;
}

class Scanned implements ScannedRows {
  readonly keys = new Set<string>();
  readonly recordIds: string[] = [];
  next: StartPosition;
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
    for (const key of members.keys()) this.keys.add(key);
    const { sized, texts, records } = this.#wanted;
    if (records) this.recordIds.push(ownRecordId(record, this.#name));
    this.#positions.push({ offset, line });
    this.#sizes.push(
      records ? bytes.length + 1 : sized.reduce((sum, key) => sum + sizeOf(members.get(key)), 0),
    );
    if (texts.length > 0) this.#texts.push(texts.map((key) => memberText(members.get(key))));
    this.next = { row: this.next.row + 1, ...behindRecord(record) };
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
