import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { AsyncBuffer } from 'hyparquet';
import type { ParquetTable, Segment } from '../../../src/data/parquet/parquet.ts';

/** DuckDB as the judge of the files, with a folder for them. */
export interface Duck {
  path(file: string): string;
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<readonly (readonly unknown[])[]>;
  close(): void;
}

export async function openDuck(): Promise<Duck> {
  const folder = mkdtempSync(join(tmpdir(), 'parquet-test-'));
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection: DuckDBConnection = await instance.connect();
  return {
    path: (file) => join(folder, file),
    run: async (sql) => {
      await connection.run(sql);
    },
    rows: async (sql) => (await connection.runAndReadAll(sql)).getRowsJson(),
    close: () => {
      connection.closeSync();
      instance.closeSync();
      rmSync(folder, { recursive: true });
    },
  };
}

export function bufferOf(bytes: Uint8Array): AsyncBuffer {
  const copy = new Uint8Array(bytes).buffer;
  return {
    byteLength: copy.byteLength,
    slice(start, end) {
      // An ArrayBuffer would round what no HTTP range may hold.
      if (!Number.isInteger(start) || !Number.isInteger(end ?? 0))
        throw new Error(`no range of bytes: ${start} to ${end}`);
      return copy.slice(start, end);
    },
  };
}

export function bufferOfFile(path: string): AsyncBuffer {
  return bufferOf(readFileSync(path));
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The bytes that segments stand for. */
export async function assemble(table: ParquetTable, segments: AsyncIterable<Segment>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const segment of segments) {
    if (segment.kind === 'bytes') parts.push(segment.bytes);
    else if (segment.kind === 'copy')
      parts.push(new Uint8Array(await table.source.slice(segment.start, segment.end)));
  }
  return Buffer.concat(parts);
}

/** A query of 36 columns: every type that DuckDB writes to Parquet, nested ones too, with nulls in each. */
export function everyType(rows: number): string {
  const columns = Object.entries({
    i64: '(i % 1000) * 9007199254740993',
    u64: '18446744073709551615::UBIGINT - i::UBIGINT',
    i32: '(-7 * i)::INTEGER',
    u32: '(4294967295 - i)::UINTEGER',
    i16: '(i % 3000)::SMALLINT',
    u16: '(i % 60000)::USMALLINT',
    i8: '(i % 100 - 50)::TINYINT',
    u8: '(i % 256)::UTINYINT',
    f32: '(i / 3)::FLOAT',
    f64: 'i / 7',
    b: 'i % 2 = 0',
    dec4: '(i % 99 + 0.01)::DECIMAL(4, 2)',
    dec9: '(-i - 0.25)::DECIMAL(9, 2)',
    dec18: '(12345678901234 + i + 0.0001)::DECIMAL(18, 4)',
    dec38: "('-1234567890123456789012345678.0123456789'::DECIMAL(38, 10) + i)::DECIMAL(38, 10)",
    dt: "DATE '1969-12-25' + i::INTEGER",
    tm: "TIME '00:00:00.000001' + INTERVAL (i) SECOND",
    ts_us: "TIMESTAMP '1969-12-31 23:59:58.123456' + INTERVAL (i) SECOND",
    ts_ns: "(TIMESTAMP '2020-01-01 00:00:00.123456' + INTERVAL (i) SECOND)::TIMESTAMP_NS",
    ts_ms: "(TIMESTAMP '2020-01-01 00:00:00.123' + INTERVAL (i) SECOND)::TIMESTAMP_MS",
    ts_tz: "(TIMESTAMPTZ '2020-01-01 00:00:00.123456+02' + INTERVAL (i) SECOND)",
    s: "'topic ' || i || ' \u00e9\u6771\u4eac\u{1F680} \"q\", \n'",
    s_dict: "'cat' || (i % 7)",
    bin: "'\\x00\\xFF\\x10'::BLOB || i::VARCHAR::BLOB",
    uid: "('00112233-4455-6677-8899-' || lpad(i::VARCHAR, 12, '0'))::UUID",
    l_i64: '[i, NULL, i + 1]',
    l_s: "CASE WHEN i % 5 = 0 THEN [] ELSE ['a' || i, NULL, 'x'] END::VARCHAR[]",
    st: "{'x': i, 'y': 'n' || i, 'z': {'w': [i, NULL]}}",
    mp: "MAP {'k' || i: i, '9': NULL, '10': 3}",
    m_i: 'MAP {i: [i], i + 1: []}',
    l_st: "[{'a': i, 'b': ['q']}, NULL, {'a': NULL, 'b': NULL}, {'a': 1, 'b': []}]",
    ll: '[[i], [], NULL, [i, NULL]]',
    fa: '[0.5, i / 3]::FLOAT[]',
    js: "json_object('j', i)",
    en: "CASE WHEN i % 2 = 0 THEN 'even' ELSE 'odd' END::ENUM ('even', 'odd')",
    iv: 'INTERVAL (i) DAY + INTERVAL 1 MONTH',
  }).map(([name, sql], nth) => `CASE WHEN (i + ${nth}) % 7 = 3 THEN NULL ELSE ${sql} END AS ${name}`);
  return `SELECT i AS id, ${columns.join(', ')} FROM range(${rows}) t(i)`;
}
