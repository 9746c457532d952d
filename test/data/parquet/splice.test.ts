import { writeFileSync } from 'node:fs';
import { Field, Int64, LargeUtf8, MessageReader, RecordBatchStreamWriter, Schema } from 'apache-arrow';
import { parquetMetadata } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import {
  type ColumnValues,
  type OutputColumn,
  openParquet,
  readParquetText,
  spliceParquet,
} from '../../../src/data/parquet/parquet.ts';
import { assemble, bufferOf, bufferOfFile, collect, type Duck, everyType, openDuck } from './duck.ts';

const COLUMNS = [
  { name: 'response', type: 'string' },
  { name: 'embedding', type: 'list<float>' },
  { name: 'tokens', type: 'int64' },
] as const satisfies readonly OutputColumn[];

const answer = (row: number) =>
  row % 11 === 5 ? null : `answer ${row} \u00e9\u{1F680}${'.'.repeat(row % 50)}`;
const embedding = (row: number) => {
  if (row % 13 === 4) return null;
  return row % 17 === 2 ? new Float32Array() : Float32Array.of(row, row / 3, -0.5);
};
const tokens = (row: number) => (row % 5 === 0 ? null : row * 1_000_000_007);

/** Hands out the values of rows in order, and keeps what was asked for. */
function answers() {
  const asked: number[] = [];
  let row = 0;
  const next = async (count: number): Promise<readonly ColumnValues[]> => {
    asked.push(count);
    const rows = Array.from({ length: count }, (_, i) => row + i);
    row += count;
    return [rows.map(answer), rows.map(embedding), rows.map(tokens)];
  };
  return { next, asked };
}

let duck: Duck;
beforeAll(async () => {
  duck = await openDuck();
  await duck.run("SET TimeZone = 'UTC'");
});
afterAll(() => duck.close());

async function splice(file: string): Promise<{ readonly path: string; readonly bytes: Buffer }> {
  const table = await openParquet(bufferOfFile(duck.path(file)), file);
  const bytes = await assemble(table, spliceParquet(table, { columns: COLUMNS, next: answers().next }));
  const path = duck.path(`${file}.out`);
  writeFileSync(path, bytes);
  return { path, bytes };
}

async function expectSameInput(before: string, after: string): Promise<void> {
  const original = `SELECT * FROM read_parquet('${before}')`;
  const kept = `SELECT * EXCLUDE (response, embedding, tokens) FROM read_parquet('${after}')`;
  expect(await duck.rows(`DESCRIBE ${kept}`)).toEqual(await duck.rows(`DESCRIBE ${original}`));
  expect(await duck.rows(`(${kept}) EXCEPT ALL (${original})`)).toEqual([]);
  expect(await duck.rows(`(${original}) EXCEPT ALL (${kept})`)).toEqual([]);
}

async function expectAnswers(path: string, rows: number): Promise<void> {
  const types = `SELECT typeof(response), typeof(embedding), typeof(tokens) FROM read_parquet('${path}') LIMIT 1`;
  if (rows > 0) expect(await duck.rows(types)).toEqual([['VARCHAR', 'FLOAT[]', 'BIGINT']]);
  const read = await duck.rows(
    `SELECT id, response, embedding, tokens FROM read_parquet('${path}') ORDER BY id`,
  );
  const expected = Array.from({ length: rows }, (_, row) => {
    const [list, count] = [embedding(row), tokens(row)];
    return [String(row), answer(row), list && Array.from(list), count === null ? null : String(count)];
  });
  expect(read).toEqual(expected);
}

const LAYOUTS = [
  { name: 'snappy, version 1', options: 'COMPRESSION snappy, PARQUET_VERSION V1', rows: 5000 },
  { name: 'zstd, version 2', options: 'COMPRESSION zstd, PARQUET_VERSION V2', rows: 5000 },
  { name: 'gzip', options: 'COMPRESSION gzip', rows: 2500 },
  { name: 'lz4', options: 'COMPRESSION lz4_raw', rows: 2500 },
  { name: 'brotli', options: 'COMPRESSION brotli', rows: 2500 },
  { name: 'uncompressed', options: 'COMPRESSION uncompressed', rows: 2500 },
  { name: 'one row', options: 'COMPRESSION snappy', rows: 1 },
  { name: 'no row', options: 'COMPRESSION snappy', rows: 0 },
];

describe('splice keeps every input column and adds the new ones', () => {
  test.each(LAYOUTS)('$name', async ({ name, options, rows }) => {
    const file = `${name.replaceAll(/\W/g, '_')}.parquet`;
    const input = duck.path(file);
    await duck.run(
      `COPY (${everyType(rows)}) TO '${input}' (FORMAT parquet, ROW_GROUP_SIZE 2048, ${options})`,
    );
    const { path } = await splice(file);
    await expectSameInput(input, path);
    await expectAnswers(path, rows);
  });

  test('a row group larger than a slice, whose values are pulled in slices', async () => {
    const path = duck.path('large.parquet');
    await duck.run(`COPY (SELECT i AS id FROM range(1100) t(i)) TO '${path}' (FORMAT parquet)`);
    const table = await openParquet(bufferOfFile(path), 'large');
    expect(table.rowGroups).toEqual([1100]);
    const { next, asked } = answers();
    writeFileSync(`${path}.out`, await assemble(table, spliceParquet(table, { columns: COLUMNS, next })));
    expect(asked).toEqual([512, 512, 76]);
    await expectAnswers(`${path}.out`, 1100);
  });

  test('what it wrote can be read by its own reader, and spliced again', async () => {
    const path = duck.path('twice.parquet');
    await duck.run(`COPY (${everyType(300)}) TO '${path}' (FORMAT parquet)`);
    const { bytes } = await splice('twice.parquet');
    const once = await openParquet(bufferOf(bytes), 'once');
    const columns = [{ name: 'status', type: 'string' }] as const;
    const next = async (count: number) => [Array.from({ length: count }, () => 'ok')];
    const twice = await openParquet(
      bufferOf(await assemble(once, spliceParquet(once, { columns, next }))),
      'twice',
    );
    const texts = await collect(
      readParquetText(twice, { columns: ['tokens', 'status', 'embedding'], firstRow: 1, rowCount: 2 }),
    );
    expect(texts).toEqual([
      ['1000000007', 'ok', '[1,0.33333334,-0.5]'],
      ['2000000014', 'ok', '[]'],
    ]);
  });

  test('the bytes before the footer are the input, as one copied range', async () => {
    const path = duck.path('copied.parquet');
    await duck.run(`COPY (SELECT i AS id FROM range(10) t(i)) TO '${path}' (FORMAT parquet)`);
    const table = await openParquet(bufferOfFile(path), 'copied');
    const segments = await collect(spliceParquet(table, { columns: COLUMNS, next: answers().next }));
    expect(segments[0]).toEqual({ kind: 'copy', start: 0, end: table.footer.start });
    expect(segments.slice(1).some((segment) => segment.kind === 'copy')).toBe(false);
  });

  test('an all-null column', async () => {
    const path = duck.path('nulls.parquet');
    await duck.run(`COPY (SELECT i AS id FROM range(100) t(i)) TO '${path}' (FORMAT parquet)`);
    const table = await openParquet(bufferOfFile(path), 'nulls');
    const next = async (count: number) => COLUMNS.map(() => Array<null>(count).fill(null));
    writeFileSync(`${path}.out`, await assemble(table, spliceParquet(table, { columns: COLUMNS, next })));
    const count = `SELECT count(*), count(response), count(embedding), count(tokens) FROM read_parquet('${path}.out')`;
    expect(await duck.rows(count)).toEqual([['100', '0', '0', '0']]);
  });
});

describe('splice edits the metadata that describes the columns and keeps the rest', () => {
  const features = { info: { features: { id: { dtype: 'int64', _type: 'Value' } }, description: 'd' } };
  const kept = { pandas: '{"columns": []}', mine: 'as it was' };

  async function spliced(kvMetadata: Readonly<Record<string, string>>) {
    const file = parquetWriteBuffer({
      columnData: [{ name: 'id', data: [1n, 2n, 3n], type: 'INT64' }],
      kvMetadata: Object.entries(kvMetadata).map(([key, value]) => ({ key, value })),
      createdBy: 'someone version 1.2.3',
    });
    const table = await openParquet(bufferOf(new Uint8Array(file)), 'file');
    const bytes = await assemble(table, spliceParquet(table, { columns: COLUMNS, next: answers().next }));
    const metadata = parquetMetadata(new Uint8Array(bytes));
    const pairs = metadata.key_value_metadata?.map(({ key, value }) => [key, value] as const) ?? [];
    return { bytes, metadata, pairs: new Map(pairs) };
  }

  test('unknown keys and the writer stay', async () => {
    const { metadata, pairs } = await spliced(kept);
    expect(Object.fromEntries(pairs)).toEqual(kept);
    expect(metadata.created_by).toBe('someone version 1.2.3');
  });

  test('row group sizes grow by the new chunks, whose offsets are theirs', async () => {
    const { metadata } = await spliced({});
    const [group] = metadata.row_groups;
    const chunks = group?.columns.map((column) => column.meta_data) ?? [];
    const sum = (sizes: readonly (bigint | undefined)[]) => sizes.reduce((a = 0n, b = 0n) => a + b, 0n);
    expect(group?.total_byte_size).toBe(sum(chunks.map((chunk) => chunk?.total_uncompressed_size)));
    expect(group?.total_compressed_size).toBe(sum(chunks.map((chunk) => chunk?.total_compressed_size)));
    const ends = chunks.map(
      (chunk) => (chunk?.data_page_offset ?? 0n) + (chunk?.total_compressed_size ?? 0n),
    );
    expect(chunks.slice(2).map((chunk) => chunk?.data_page_offset)).toEqual(ends.slice(1, -1));
  });

  test('Spark takes its schema from its own entry, so that goes', async () => {
    const { pairs } = await spliced({ ...kept, 'org.apache.spark.sql.parquet.row.metadata': '{}' });
    expect(Object.fromEntries(pairs)).toEqual(kept);
  });

  test.each([
    { name: 'Sequence, as older files', info: features, list: 'Sequence' },
    {
      name: 'List, where the file has one',
      info: { info: { features: { l: { feature: { dtype: 'int64', _type: 'Value' }, _type: 'List' } } } },
      list: 'List',
    },
  ])('huggingface features: $name', async ({ info, list }) => {
    const { pairs } = await spliced({ huggingface: JSON.stringify(info) });
    expect(JSON.parse(pairs.get('huggingface') ?? '')).toEqual({
      info: {
        ...info.info,
        features: {
          ...info.info.features,
          response: { dtype: 'string', _type: 'Value' },
          embedding: { feature: { dtype: 'float32', _type: 'Value' }, _type: list },
          tokens: { dtype: 'int64', _type: 'Value' },
        },
      },
    });
  });

  test.each(['not JSON', '[]', '{"info":{}}'])(
    'a huggingface entry of another shape stays: %s',
    async (text) => {
      expect((await spliced({ huggingface: text })).pairs.get('huggingface')).toBe(text);
    },
  );

  test('the Arrow schema gets the fields and keeps its own, with their metadata', async () => {
    const id = new Field('id', new Int64(), true, new Map([['ARROW:extension:name', 'my.id']]));
    const schema = new Schema([id, new Field('t', new LargeUtf8(), false)], new Map([['who', 'me']]));
    const { pairs, bytes } = await spliced({ 'ARROW:schema': arrowBase64(schema) });
    const after = new MessageReader(Buffer.from(pairs.get('ARROW:schema') ?? '', 'base64')).readSchema();
    expect(after?.fields.map(String)).toEqual([
      ...schema.fields.map(String),
      'response: Utf8',
      'embedding: List<Float32>',
      'tokens: Int64',
    ]);
    expect(after?.fields.map((field) => field.nullable)).toEqual([true, false, true, true, true]);
    expect(after?.fields[0]?.metadata).toEqual(id.metadata);
    expect(after?.metadata).toEqual(schema.metadata);
    writeFileSync(duck.path('arrow.parquet'), bytes);
    expect(await duck.rows(`SELECT tokens FROM '${duck.path('arrow.parquet')}' WHERE id = 3`)).toEqual([
      ['2000000014'],
    ]);
  });

  test('an Arrow schema that cannot be read goes, for a stale one makes readers refuse the file', async () => {
    const { pairs } = await spliced({
      ...kept,
      'ARROW:schema': Buffer.from('no message').toString('base64'),
    });
    expect(Object.fromEntries(pairs)).toEqual(kept);
  });

  /** Written as an IPC stream, of which the schema message is the first. */
  function arrowBase64(schema: Schema): string {
    const writer = new RecordBatchStreamWriter();
    writer.reset(undefined, schema);
    writer.finish();
    return Buffer.from(writer.toUint8Array(true)).toString('base64');
  }
});

describe('splice refuses', () => {
  async function threeRows() {
    const file = parquetWriteBuffer({ columnData: [{ name: 'id', data: [1n, 2n, 3n], type: 'INT64' }] });
    return openParquet(bufferOf(new Uint8Array(file)), 's3://b/in.parquet');
  }

  test('a name that the file has', async () => {
    const splicing = spliceParquet(await threeRows(), {
      columns: [{ name: 'id', type: 'string' }],
      next: async () => [],
    });
    await expect(collect(splicing)).rejects.toThrow(
      'Cannot add to s3://b/in.parquet: column id must be new, got one of its columns.',
    );
  });

  test.each([
    { name: 'too few values', values: [['a', 'b']], message: '1 columns of 3 values were expected' },
    { name: 'too few columns', values: [], message: '1 columns of 3 values were expected' },
    { name: 'a value of another type', values: [['a', 1, null]], message: 'takes string values' },
  ])('$name', async ({ values, message }) => {
    const columns = [{ name: 'response', type: 'string' }] as const;
    const splicing = spliceParquet(await threeRows(), { columns, next: async () => values });
    await expect(collect(splicing)).rejects.toThrow(message);
  });

  test('to go on after an abort', async () => {
    const signal = AbortSignal.abort(new Error('stopped'));
    const splicing = spliceParquet(await threeRows(), { columns: COLUMNS, next: answers().next, signal });
    await expect(collect(splicing)).rejects.toThrow('stopped');
  });
});
