import { execFile } from 'node:child_process';
import { createReadStream, mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { build } from 'esbuild';
import { connectObjectStore } from '../src/aws/object-store.ts';
import { realClock } from '../src/local/clock.ts';
import { startS3 } from '../src/local/s3/server.ts';
import { type BenchData, benchData } from './data.ts';
import type { Measure } from './measure.ts';
import { linkedFiles, type OurCase, ourCases } from './our-cases.ts';
import { peerCases } from './peer-cases.ts';

interface Options {
  readonly rows: number;
  readonly repeat: number;
  readonly only?: string;
  readonly node: string;
  readonly directory: string;
  readonly json: string;
  readonly s3: boolean;
}

interface Row extends Measure {
  readonly name: string;
}

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

const program = new Command('bench')
  .description('Measures the data path against peers, each case in a process of its own.')
  .option('--rows <n>', 'rows of the table', Number, 1_000_000)
  .option('--repeat <n>', 'runs of each case, of which the median counts', Number, 1)
  .option('--only <text>', 'cases whose names contain this')
  .option('--node <program>', 'the Node.js that runs the cases', process.execPath)
  .option('--directory <folder>', 'where tables are kept', '.bench')
  .option('--json <file>', 'where the measures go', '.bench/results.json')
  .option('--no-s3', 'leave out the cases on the local S3');

/** Ours against the peer that has the same result, as the time that it takes over the time that we take. */
const ratios: readonly (readonly [string, string])[] = [
  ['prepareInput CSV, short text', 'cp of the CSV'],
  ['prepareInput CSV, short text', 'JSON.stringify of ready objects, in memory'],
  ['prepareInput CSV, short text', 'prepare, CSV: DuckDB COPY'],
  ['prepareInput CSV, short text', 'prepare, CSV: papaparse and a template'],
  ['prepareInput CSV, short text', 'prepare, CSV: pandas'],
  ['prepareInput Parquet, short text', 'prepare, Parquet: DuckDB COPY'],
  ['prepareInput Parquet, short text', 'prepare, Parquet: parquet-wasm stream'],
  ['postprocess text + assembleOutput text, CSV', 'join text, CSV: pandas'],
  ['postprocess text + assembleOutput text, Parquet', 'join text, Parquet: DuckDB'],
];

async function main(options: Options): Promise<void> {
  mkdirSync(options.directory, { recursive: true });
  const data = await benchData(resolve(options.directory), options.rows);
  const child = await bundled(options.directory);
  const named = (cases: object) => Object.keys(cases).filter((name) => name.includes(options.only ?? ''));
  const rows: Row[] = [];
  const measure = async (name: string, storage: 'files' | 'S3') => {
    const runs: Measure[] = [];
    while (runs.length < options.repeat) {
      const run = await runCase(options.node, [child, name, JSON.stringify(data), storage]);
      if ('skipped' in run) return console.log(`${name}: left out. ${run.skipped}`);
      runs.push(run);
    }
    runs.sort((a, b) => a.seconds - b.seconds);
    const row = {
      name: storage === 'S3' ? `${name} (S3)` : name,
      ...(runs[Math.floor(runs.length / 2)] as Measure),
    };
    rows.push(row);
    console.log(formatted(row));
  };
  for (const name of [...named(ourCases), ...named(peerCases)]) await measure(name, 'files');
  if (options.s3) await withS3(options.directory, data, named(ourCases), (name) => measure(name, 'S3'));
  report(rows, options);
}

function report(rows: readonly Row[], { node, json }: Options): void {
  const compared = comparisons(rows);
  for (const { ours, peer, ratio } of compared)
    console.log(`${ours} is ${ratio.toFixed(2)} × as fast as ${peer}`);
  const machine = { node, cpus: cpus().map(({ model }) => model), memoryBytes: totalmem() };
  const result = { date: new Date().toISOString(), machine, rows, compared };
  writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`);
}

/** Our own cases again, through the SDK and the local S3, which runs in this process and shares the cores with them. */
async function withS3(
  directory: string,
  data: BenchData,
  names: readonly string[],
  measure: (name: string) => Promise<void>,
): Promise<void> {
  const server = await startS3({ directory: join(directory, 's3'), clock: realClock });
  const environment = {
    AWS_ENDPOINT_URL_S3: server.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'BENCH',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
  Object.assign(process.env, environment);
  try {
    await server.createBucket('bench');
    const objects = connectObjectStore('bench');
    for (const name of names) {
      for (const [key, file] of Object.entries(linkedFiles(data, ourCases[name] as OurCase))) {
        await objects.write(key, createReadStream(file));
      }
      await measure(name);
    }
  } finally {
    await server.close();
  }
}

/** As esbuild would put it into a function: no loader in the way of what is measured. */
async function bundled(directory: string): Promise<string> {
  const outfile = join(directory, 'child.mjs');
  await build({
    entryPoints: ['bench/child.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['@duckdb/*', 'parquet-wasm'],
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  });
  return outfile;
}

async function runCase(
  node: string,
  args: readonly string[],
): Promise<Measure | { readonly skipped: string }> {
  const { stdout } = await promisify(execFile)(node, args);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

function formatted({ name, rows, bytes, seconds, peakMb }: Row): string {
  const perSecond = `${Math.round(rows / seconds / 1000)} k rows/s`;
  return `${name.padEnd(50)} ${seconds.toFixed(2).padStart(8)} s ${perSecond.padStart(14)} ${(bytes / 1e6 / seconds).toFixed(0).padStart(6)} MB/s ${peakMb.toFixed(0).padStart(6)} MB`;
}

/** `a + b` is the sum of two steps. */
function comparisons(rows: readonly Row[]) {
  const secondsOf = (name: string) =>
    name
      .split(' + ')
      .reduce((sum, part) => sum + (rows.find((row) => row.name === part)?.seconds ?? Number.NaN), 0);
  return ratios
    .map(([ours, peer]) => ({ ours, peer, ratio: secondsOf(peer) / secondsOf(ours) }))
    .filter(({ ratio }) => Number.isFinite(ratio));
}

await main(program.parse().opts<Options>());
