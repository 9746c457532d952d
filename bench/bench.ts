import { createReadStream, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { connectObjectStore } from '../src/aws/object-store.ts';
import type { Task } from './child.ts';
import { coldStarts } from './cold-start.ts';
import { type BenchData, benchData } from './data.ts';
import type { Measure } from './measure.ts';
import { linkedFiles, type OurCase, ourCases } from './our-cases.ts';
import { peerCases } from './peers/peer-cases.ts';
import { bundled, type Programs, quietSdk, runTask, withS3 } from './processes.ts';
import { Report } from './report.ts';
import { benchScale } from './scale/bench-scale.ts';

interface Options {
  readonly rows: number;
  readonly repeat: number;
  readonly only: string;
  readonly node: string;
  readonly directory: string;
  readonly json?: string;
  readonly s3: boolean;
  readonly peers: boolean;
  readonly scale: boolean;
}

const program = new Command('bench')
  .description('Measures the data path against peers, each case in a process of its own.')
  .option('--rows <n>', 'rows of the table', Number, 1_000_000)
  .option('--repeat <n>', 'runs of each case, of which the median counts', Number, 1)
  .option('--only <text>', 'cases whose names contain this', '')
  .option('--node <program>', 'the Node.js that runs the cases', process.execPath)
  .option('--directory <folder>', 'where tables are kept', '.bench')
  .option('--json <file>', 'where the measures go, instead of into that folder')
  .option('--no-s3', 'leave out the cases on the local S3')
  .option('--no-peers', 'leave out the peers, and with them the ratios')
  .option('--scale', 'instead: the memory of each step at 1, 10 and 40 times the rows', false);

async function main(options: Options): Promise<void> {
  const directory = resolve(options.directory);
  mkdirSync(directory, { recursive: true });
  const programs = await bundled(directory, options.node);
  const report = await Report.on(options.node);
  if (options.scale) {
    await benchScale(options, (name, rows) => runTask(programs, { kind: 'scale', name, rows }), report);
    report.write(options.json ?? join(directory, 'scale.json'));
    return;
  }
  for (const start of await coldStarts(directory, options)) report.addStart(start);
  const data = await benchData(directory, options.rows);
  await benchCases(new Bench(programs, directory, data, options, report), options);
  report.compare();
  report.write(options.json ?? join(directory, 'results.json'));
}

async function benchCases(bench: Bench, { s3, peers, only }: Options): Promise<void> {
  const named = (cases: object) => Object.keys(cases).filter((name) => name.includes(only));
  for (const name of named(ourCases)) await bench.ours(name, 'files');
  if (peers) for (const name of named(peerCases)) await bench.peer(name);
  if (s3) await bench.onS3(named(ourCases));
}

class Bench {
  readonly #programs: Programs;
  readonly #directory: string;
  readonly #data: BenchData;
  readonly #repeat: number;
  readonly #report: Report;

  constructor(programs: Programs, directory: string, data: BenchData, { repeat }: Options, report: Report) {
    this.#programs = programs;
    this.#directory = directory;
    this.#data = data;
    this.#repeat = repeat;
    this.#report = report;
  }

  async ours(name: string, storage: 'files' | 'S3', environment: NodeJS.ProcessEnv = {}): Promise<void> {
    await this.#inFolder(async (folder) => {
      const task = { name, data: this.#data, storage, folder, prepared: join(folder, 'prepared.json') };
      await runTask(this.#programs, { kind: 'prepare', ...task }, environment);
      await this.#measure(name, storage, { kind: 'ours', ...task }, environment);
    });
  }

  async peer(name: string): Promise<void> {
    await this.#inFolder((folder) =>
      this.#measure(name, 'files', { kind: 'peer', name, data: this.#data, folder }),
    );
  }

  /** Through the SDK, over loopback HTTP; the server shares the machine with what is measured. */
  async onS3(names: readonly string[]): Promise<void> {
    const bucket = join(this.#directory, 's3');
    rmSync(bucket, { recursive: true, force: true });
    await withS3(this.#programs, bucket, async (environment) => {
      Object.assign(process.env, environment, quietSdk);
      const objects = connectObjectStore('bench');
      const there = new Set<string>();
      for (const name of names) {
        for (const [key, file] of Object.entries(linkedFiles(this.#data, ourCases[name] as OurCase))) {
          if (!there.has(key)) await objects.write(key, createReadStream(file));
          there.add(key);
        }
        await this.ours(name, 'S3', environment);
      }
    });
    rmSync(bucket, { recursive: true, force: true });
  }

  async #measure(
    name: string,
    storage: 'files' | 'S3',
    task: Task,
    environment?: NodeJS.ProcessEnv,
  ): Promise<void> {
    const runs: Measure[] = [];
    while (runs.length < this.#repeat) {
      const run = await runTask(this.#programs, task, environment);
      if (run === undefined) throw new Error(`${name} measured nothing.`);
      if ('skipped' in run) return this.#report.skip(name, run.skipped);
      runs.push(run);
    }
    runs.sort((a, b) => a.seconds - b.seconds);
    const median = runs[Math.floor(runs.length / 2)];
    if (median !== undefined) this.#report.add({ name, storage, ...median });
  }

  async #inFolder(run: (folder: string) => Promise<void>): Promise<void> {
    const folder = mkdtempSync(join(this.#directory, 'case-'));
    try {
      await run(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

main(program.parse().opts<Options>()).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
