import { createWriteStream, existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { recordIdOf } from '../src/batch/record-id.ts';
import { csvTable, duckdb } from './peers/duckdb.ts';

/** Where the tables and outputs of a size lie; they are made once and kept. */
export interface BenchData {
  readonly rows: number;
  readonly csv: string;
  readonly parquet: string;
  readonly outputs: Readonly<Record<OutputKind, JobOutput>>;
}

/** Answers of a word, of 500 bytes, and vectors of 1,024 floats: lines of 0.4, 3 and 21 kB. */
export type OutputKind = 'shortText' | 'longText' | 'vectors';

/** What Bedrock left of one job, in no order, and the first rows of the table, which it answers. */
export interface JobOutput {
  readonly rows: number;
  readonly file: string;
  readonly csv: string;
  readonly parquet: string;
}

/** Rows of an output are fewer than of the table, whose lines are shorter, and at most one job's. */
export async function benchData(directory: string, rows: number): Promise<BenchData> {
  const folder = join(directory, `rows-${rows}`);
  mkdirSync(folder, { recursive: true });
  const output = (name: string, part: number): JobOutput => {
    const count = Math.min(100_000, Math.max(100, Math.floor(rows / part)));
    const table = join(folder, `first-${count}`);
    return {
      rows: count,
      file: join(folder, `${name}.jsonl.out`),
      csv: `${table}.csv`,
      parquet: `${table}.parquet`,
    };
  };
  const outputs = {
    shortText: output('short-text', 5),
    longText: output('long-text', 5),
    vectors: output('vectors', 20),
  };
  const data = { rows, csv: join(folder, 'table.csv'), parquet: join(folder, 'table.parquet'), outputs };
  await makeTable(data);
  for (const [kind, found] of Object.entries(outputs)) {
    await makeTable(found);
    await made(found.file, (file) => written(file, outputLines[kind as OutputKind](found.rows)));
  }
  return data;
}

async function makeTable({ rows, csv, parquet }: Pick<JobOutput, 'rows' | 'csv' | 'parquet'>): Promise<void> {
  await made(csv, (file) => written(file, csvLines(rows)));
  await made(parquet, (file) => parquetOf(csv, file));
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
  'the quick brown fox jumps over a lazy dog while réading 東京 news with 🚀 and others of that kind'.split(
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

/** Prose: of its words one in 9 has a comma behind it, one in 60 stands in quotes, and behind one in 40 the line ends. */
function text(next: () => number, length: number): string {
  let made = '';
  while (made.length < length) {
    const word = words[Math.floor(next() * words.length)] ?? '';
    made += next() < 1 / 60 ? `"${word}"` : word;
    made += next() < 1 / 9 ? ', ' : next() < 1 / 40 ? '\n' : ' ';
  }
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

function parquetOf(csv: string, file: string): Promise<void> {
  return duckdb(
    `COPY (SELECT * FROM ${csvTable(csv, { parallel: true })}) TO '${file}' (FORMAT parquet, COMPRESSION snappy)`,
  );
}

/** Every number below n once, in no order (an affine permutation, n not a multiple of the step). */
function* shuffled(n: number): Generator<number> {
  const step = n % 7919 === 0 ? 7907 : 7919;
  for (let i = 0, at = 0; i < n; i++, at = (at + step) % n) yield at;
}

const outputLines = {
  shortText: (rows) => textLines(rows, 150, 5),
  longText: (rows) => textLines(rows, 2300, 500),
  vectors: vectorLines,
} as const satisfies Record<OutputKind, (rows: number) => Iterable<string>>;

function* textLines(rows: number, inputLength: number, answerLength: number): Generator<string> {
  const next = numbers(2);
  const input = JSON.stringify({
    anthropic_version: 'bedrock-2023-05-31',
    messages: [{ role: 'user', content: text(next, inputLength) }],
  });
  for (const row of shuffled(rows)) {
    const content = [{ type: 'text', text: `answer ${row}\n${text(next, answerLength)}` }];
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
