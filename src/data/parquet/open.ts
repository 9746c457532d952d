import type { AsyncBuffer, FileMetaData, RowGroup } from 'hyparquet';
import { parquetMetadata, parquetSchema } from 'hyparquet';
import { getPhysicalColumns } from 'hyparquet/src/schema.js';
import { refusal } from '../../errors.ts';
import { guardSource } from './source-guard.ts';
import { fieldOf, readStruct } from './thrift.ts';
import type { ParquetTable } from './types.ts';

/** Footers are mostly smaller than this, so that one read brings them. */
const TAIL_BYTES = 256 * 1024;
/** After the footer: its length in 4 bytes, and the magic in 4. */
const TRAILER_BYTES = 8;
const MIN_FILE_BYTES = 12;
const ENCRYPTION_ALGORITHM = 8;

/** Reads the footer. A file that is not whole, plain, self-contained Parquet is refused as InvalidInput. */
export async function openParquet(source: AsyncBuffer, name: string): Promise<ParquetTable> {
  const { buffer, decode } = guardSource(source, name);
  const footer = await readFooter(buffer, name);
  const metadata = await decode('its footer', () => parquetMetadata(footer.tail, { geoparquet: false }));
  await decode('its footer', () => assertReadable(metadata, footer.bytes, name));
  return {
    name,
    source,
    columns: parquetSchema(metadata).children.map((child) => child.element.name),
    rowCount: Number(metadata.num_rows),
    rowGroups: metadata.row_groups.map((group) => Number(group.num_rows)),
    metadata,
    footer: { start: footer.start, bytes: footer.bytes },
  };
}

async function readFooter(source: AsyncBuffer, name: string) {
  const size = source.byteLength;
  if (size < MIN_FILE_BYTES) throw refusal(`read ${name}`, 'it', 'be a Parquet file', `${size} bytes`);
  const tail = await readTail(source, TAIL_BYTES);
  assertMagic(tail.subarray(-4), name);
  const length = tail.readUInt32LE(tail.length - TRAILER_BYTES);
  const start = size - TRAILER_BYTES - length;
  if (start < 4) throw refusal(`read ${name}`, 'its footer', 'fit in the file', `${length} of ${size} bytes`);
  const whole = length + TRAILER_BYTES <= tail.length ? tail : await readTail(source, length + TRAILER_BYTES);
  const footer = whole.subarray(whole.length - TRAILER_BYTES - length);
  return { start, tail: footer, bytes: footer.subarray(0, length) };
}

async function readTail(source: AsyncBuffer, length: number): Promise<Buffer> {
  const start = Math.max(0, source.byteLength - length);
  return Buffer.from(await source.slice(start, source.byteLength));
}

function assertMagic(magic: Buffer, name: string): void {
  const text = magic.toString('latin1');
  if (text === 'PARE') throw refusal(`read ${name}`, 'it', 'not be encrypted', 'an encrypted footer (PARE)');
  if (text !== 'PAR1') {
    throw refusal(
      `read ${name}`,
      'it',
      'be a whole Parquet file (its last bytes PAR1)',
      JSON.stringify(text),
    );
  }
}

function assertReadable(metadata: FileMetaData, footer: Uint8Array, name: string): void {
  const refuse = (what: string, rule: string, got: unknown) => refusal(`read ${name}`, what, rule, got);
  const encrypted = fieldOf(readStruct(footer), ENCRYPTION_ALGORITHM) !== undefined;
  if (encrypted) throw refuse('it', 'not be encrypted', 'an encryption algorithm in its footer');
  const leaves = getPhysicalColumns(parquetSchema(metadata)).length;
  const rows = metadata.row_groups.reduce((sum, group) => sum + group.num_rows, 0n);
  if (rows !== metadata.num_rows) throw refuse('its row groups', `hold ${metadata.num_rows} rows`, `${rows}`);
  for (const group of metadata.row_groups) assertWholeGroup(group, leaves, refuse);
}

function assertWholeGroup(
  group: RowGroup,
  leaves: number,
  refuse: (what: string, rule: string, got: unknown) => Error,
): void {
  const { columns } = group;
  if (columns.length !== leaves)
    throw refuse('each row group', `hold ${leaves} column chunks`, columns.length);
  for (const { meta_data, file_path } of columns) {
    if (file_path) throw refuse('its column chunks', 'be in the file itself', file_path);
    if (!meta_data) throw refuse('its columns', 'not be encrypted', 'a column without metadata');
  }
}
