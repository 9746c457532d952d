import { createWriteStream, existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { recordIdOf } from '../src/batch/record-id.ts';

/** Where the tables and outputs of a size lie; they are made once and kept. */
export interface BenchData {
  readonly rows: number;
  readonly csv: string;
  readonly parquet: string;
  /** Bedrock's output of text answers, 3 kB a line, shuffled, for the first rows. */
  readonly textOutput: string;
  /** The first rows of the table, as many as the output has. */
  readonly textParquet: string;
  readonly textRows: number;
  /** Of 1,024-float vectors, 21 kB a line. */
  readonly vectorOutput: string;
  readonly vectorParquet: string;
  readonly vectorRows: number;
}

/** Rows of outputs are fewer than of inputs, eight and fifty times as large, and at most one job's. */
export async function benchData(directory: string, rows: number): Promise<BenchData> {
  const folder = join(directory, `rows-${rows}`);
  mkdirSync(folder, { recursive: true });
  const textRows = Math.min(100_000, Math.max(100, Math.floor(rows / 5)));
  const vectorRows = Math.min(100_000, Math.max(100, Math.floor(rows / 20)));
  const at = (name: string) => join(folder, name);
  const data = {
    ...{ rows, textRows, vectorRows },
    csv: at('table.csv'),
    parquet: at('table.parquet'),
    textOutput: at('text.jsonl.out'),
    textParquet: at('text-rows.parquet'),
    vectorOutput: at('vectors.jsonl.out'),
    vectorParquet: at('vector-rows.parquet'),
  };
  await made(data.csv, (file) => written(file, csvLines(rows)));
  await made(data.parquet, (file) => parquetOf(data.csv, file));
  await made(data.textParquet, (file) => parquetOf(data.csv, file, textRows));
  await made(data.vectorParquet, (file) => parquetOf(data.csv, file, vectorRows));
  await made(data.textOutput, (file) => written(file, textLines(textRows)));
  await made(data.vectorOutput, (file) => written(file, vectorLines(vectorRows)));
  return data;
}

async function made(file: string, make: (file: string) => Promise<void>): Promise<void> {
  if (existsSync(file)) return;
  console.error(`making ${file}`);
  await make(`${file}.part`);
  renameSync(`${file}.part`, file);
}

async function written(file: string, lines: Iterable<string>): Promise<void> {
  function* blocks() {
    let block = '';
    for (const line of lines) {
      block += line;
      if (block.length < 1 << 20) continue;
      yield Buffer.from(block);
      block = '';
    }
    yield Buffer.from(block);
  }
  await pipeline(Readable.from(blocks()), createWriteStream(file));
}

const words =
  'the quick brown fox jumps over a lazy dog while réading 東京 news with 🚀 and "quotes", commas\nlines'.split(
    ' ',
  );

/** The same numbers for the same seed (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function text(next: () => number, length: number): string {
  let made = '';
  while (made.length < length) made += `${words[Math.floor(next() * words.length)]} `;
  return made;
}

const quoted = (value: string) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

function* csvLines(rows: number): Generator<string> {
  const next = numbers(1);
  yield 'id,topic,input_text,lang,score,price,created_at,source\n';
  for (let i = 0; i < rows; i++) {
    const score = next() < 0.02 ? '' : (next() * 10).toFixed(3);
    const created = new Date(1.6e12 + i * 1000).toISOString();
    const topic = quoted(`topic ${i} ${text(next, 12)}`.trim());
    yield `${9007199254740000n + BigInt(i)},${topic},c${i % 40},l${i % 12},${score},${(next() * 100).toFixed(2)},${created},${quoted(text(next, 380))}\n`;
  }
}

async function parquetOf(csv: string, file: string, rows?: number): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const read = `read_csv('${csv}', header = true, delim = ',', quote = '"', escape = '"', types = {'topic': 'VARCHAR', 'source': 'VARCHAR'})`;
  await connection.run(
    `COPY (SELECT * FROM ${read}${rows === undefined ? '' : ` LIMIT ${rows}`}) TO '${file}' (FORMAT parquet, COMPRESSION snappy)`,
  );
  connection.closeSync();
  instance.closeSync();
}

/** Every number below n once, in no order (an affine permutation, n not a multiple of the step). */
function* shuffled(n: number): Generator<number> {
  const step = n % 7919 === 0 ? 7907 : 7919;
  for (let i = 0, at = 0; i < n; i++, at = (at + step) % n) yield at;
}

function* textLines(rows: number): Generator<string> {
  const next = numbers(2);
  const modelInput = {
    anthropic_version: 'bedrock-2023-05-31',
    messages: [{ role: 'user', content: text(next, 2300) }],
  };
  const input = JSON.stringify(modelInput);
  for (const row of shuffled(rows)) {
    const content = [{ type: 'text', text: `answer ${row}\n${text(next, 500)}` }];
    const usage = { input_tokens: 600, output_tokens: 120 };
    const output = JSON.stringify({ id: 'msg_bdrk_1', content, stop_reason: 'end_turn', usage });
    yield `{"modelInput":${input},"modelOutput":${output},"recordId":"${recordIdOf(row)}"}\n`;
  }
}

function* vectorLines(rows: number): Generator<string> {
  const next = numbers(3);
  for (const row of shuffled(rows)) {
    const embedding = Array.from({ length: 1024 }, () => next() * 0.2 - 0.1);
    const output = JSON.stringify({ embedding, inputTextTokenCount: 20 });
    yield `{"modelInput":{"inputText":"text ${row}"},"modelOutput":${output},"recordId":"${recordIdOf(row)}"}\n`;
  }
}
