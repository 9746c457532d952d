import { execFileSync } from 'node:child_process';
import { createReadStream, createWriteStream, readFileSync, statSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import Papa from 'papaparse';
import type { BenchData } from './data.ts';
import type { Timed } from './measure.ts';

/** What others would do for the same result, in the plain way that their documentation shows. */
export type PeerCase = (data: BenchData, folder: string, timed: Timed) => Promise<void>;

const record = (row: number, topic: string) => ({
  recordId: `R${String(row).padStart(10, '0')}`,
  modelInput: {
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 1024,
    messages: [
      {
        role: 'user',
        content: [{ type: 'text', text: `Tell me a joke about ${topic} in less than 50 words.` }],
      },
    ],
  },
});

const csvWork = (data: BenchData) => ({ rows: data.rows, bytes: statSync(data.csv).size });
const parquetWork = (data: BenchData) => ({ rows: data.rows, bytes: statSync(data.parquet).size });
const textWork = (data: BenchData) => ({ rows: data.textRows, bytes: statSync(data.textOutput).size });

export const peerCases: Readonly<Record<string, PeerCase>> = {
  'cp of the CSV': (data, folder, timed) =>
    timed(csvWork(data), () => copyFile(data.csv, join(folder, 'copy.csv'))),

  async 'JSON.stringify of ready objects, in memory'(data, _, timed) {
    const ready = Array.from({ length: 50_000 }, (_, i) => record(i, `topic ${i} the quick brown`));
    await timed(csvWork(data), async () => {
      let bytes = 0;
      for (let row = 0; row < data.rows; row++) bytes += JSON.stringify(ready[row % ready.length]).length;
      return bytes;
    });
  },

  'prepare, CSV: DuckDB COPY': (data, folder, timed) =>
    timed(csvWork(data), () =>
      duckdb(copyRecords(`read_csv('${data.csv}', header = true, all_varchar = true)`, folder)),
    ),

  'prepare, Parquet: DuckDB COPY': (data, folder, timed) =>
    timed(parquetWork(data), () => duckdb(copyRecords(`'${data.parquet}'`, folder))),

  'prepare, CSV: papaparse and a template': (data, folder, timed) =>
    timed(csvWork(data), () => papaparse(data.csv, join(folder, 'papa.jsonl'))),

  'prepare, Parquet: parquet-wasm stream': (data, folder, timed) =>
    timed(parquetWork(data), () => parquetWasm(data.parquet, join(folder, 'wasm.jsonl'))),

  'prepare, CSV: pandas': (data, folder, timed) =>
    timed(csvWork(data), async () => python(pandasPrepare, data.csv, join(folder, 'pandas.jsonl'))),

  'join text, CSV: pandas': (data, folder, timed) =>
    timed(textWork(data), async () =>
      python(pandasJoin, data.csv, data.textOutput, join(folder, 'pandas.csv'), String(data.textRows)),
    ),

  'join text, Parquet: DuckDB': (data, folder, timed) =>
    timed(textWork(data), () =>
      duckdb(`COPY (
        SELECT t.*, o.modelOutput.content[1].text AS response
        FROM (SELECT *, 'R' || lpad((row_number() OVER () - 1)::VARCHAR, 10, '0') AS rid FROM '${data.textParquet}') t
        LEFT JOIN read_json('${data.textOutput}', format = 'newline_delimited', maximum_object_size = 100000000) o ON o.recordId = t.rid
      ) TO '${join(folder, 'duckdb.parquet')}' (FORMAT parquet, COMPRESSION snappy)`),
    ),
};

function copyRecords(table: string, folder: string): string {
  return `COPY (
    SELECT 'R' || lpad((row_number() OVER () - 1)::VARCHAR, 10, '0') AS recordId,
      {'anthropic_version': 'bedrock-2023-05-31', 'max_tokens': 1024, 'messages': [{'role': 'user', 'content': [
        {'type': 'text', 'text': 'Tell me a joke about ' || topic || ' in less than 50 words.'}]}]} AS modelInput
    FROM ${table}
  ) TO '${join(folder, 'duckdb.jsonl')}' (FORMAT json)`;
}

async function duckdb(sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(sql);
  connection.closeSync();
  instance.closeSync();
}

async function papaparse(csv: string, file: string): Promise<void> {
  const out = createWriteStream(file);
  let [row, block] = [0, ''];
  await new Promise<void>((resolve, reject) => {
    Papa.parse<{ topic: string }>(createReadStream(csv, 'utf8'), {
      header: true,
      skipEmptyLines: true,
      step: ({ data }) => {
        block += `${JSON.stringify(record(row++, data.topic))}\n`;
        if (block.length < 1 << 20) return;
        out.write(block);
        block = '';
      },
      complete: () => out.end(block, resolve),
      error: reject,
    });
  });
}

async function parquetWasm(parquet: string, file: string): Promise<void> {
  const { ParquetFile } = await import('parquet-wasm/node');
  const { tableFromIPC } = await import('apache-arrow');
  const out = createWriteStream(file);
  const source = await ParquetFile.fromFile(new Blob([readFileSync(parquet)]));
  const stream = await source.stream({ columns: ['topic'] });
  let row = 0;
  for await (const batch of stream) {
    const topics = tableFromIPC(batch.intoIPCStream()).getChild('topic');
    let block = '';
    for (const topic of topics ?? []) block += `${JSON.stringify(record(row++, topic))}\n`;
    out.write(block);
  }
  await new Promise<void>((resolve) => out.end(resolve));
}

const pandasPrepare = `
import json, sys, pandas
with open(sys.argv[2], 'w') as out:
    for i, row in enumerate(pandas.read_csv(sys.argv[1]).to_dict('records')):
        text = 'Tell me a joke about ' + str(row['topic']) + ' in less than 50 words.'
        body = {'anthropic_version': 'bedrock-2023-05-31', 'max_tokens': 1024, 'messages': [{'role': 'user', 'content': [{'type': 'text', 'text': text}]}]}
        out.write(json.dumps({'recordId': 'R%010d' % i, 'modelInput': body}) + '\\n')
`;

const pandasJoin = `
import json, sys, pandas
table = pandas.read_csv(sys.argv[1], nrows=int(sys.argv[4]))
table['record_id'] = ['R%010d' % i for i in range(len(table))]
with open(sys.argv[2]) as lines:
    found = [(r['recordId'], r['modelOutput']['content'][0]['text']) for r in map(json.loads, lines)]
table.merge(pandas.DataFrame(found, columns=['record_id', 'response']), how='left').to_csv(sys.argv[3], index=False)
`;

export class NotInstalled extends Error {}

/** PYTHON names an interpreter that has pandas. Its memory is its own process's, and is not seen here. */
function python(script: string, ...args: readonly string[]): void {
  const interpreter = process.env['PYTHON'] ?? 'python3';
  try {
    execFileSync(interpreter, ['-c', 'import pandas'], { stdio: 'ignore' });
  } catch {
    throw new NotInstalled('Python with pandas is not there (PYTHON names another interpreter).');
  }
  execFileSync(interpreter, ['-c', script, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
}
