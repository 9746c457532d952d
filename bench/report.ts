import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { promisify } from 'node:util';
import type { ColdStart } from './cold-start.ts';
import type { Measure } from './measure.ts';
import { type Reached, reachedTargets, targets } from './targets.ts';

export interface Row extends Measure {
  readonly name: string;
  readonly storage: 'files' | 'S3' | 'none';
}

const HEADER = ['case', 'on', 's', 'cpu s', 'k rows/s', 'MB/s', 'peak MB'];

/** Prints each measure when it is there, and keeps all for a JSON file. */
export class Report {
  readonly #rows: Row[] = [];
  readonly #starts: ColdStart[] = [];
  readonly #skipped: Record<string, string> = {};
  #reached: readonly Reached[] = [];
  readonly #node: string;

  private constructor(node: string) {
    this.#node = node;
    console.log(line(HEADER));
  }

  static async on(node: string): Promise<Report> {
    const { stdout } = await promisify(execFile)(node, ['--version']);
    return new Report(stdout.trim());
  }

  get nodeMajor(): number {
    return Number(/^v(\d+)/.exec(this.#node)?.[1]);
  }

  add(row: Row): void {
    this.#rows.push(row);
    const { name, storage, seconds, cpuSeconds, rows, bytes, peakMb } = row;
    const rates = [(rows / seconds / 1000).toFixed(0), (bytes / seconds / 1e6).toFixed(0)];
    console.log(
      line([name, storage, seconds.toFixed(2), cpuSeconds.toFixed(2), ...rates, peakMb.toFixed(0)]),
    );
  }

  skip(name: string, why: string): void {
    this.#skipped[name] = why;
    console.log(`${name}: left out. ${why}`);
  }

  addStart(start: ColdStart): void {
    this.#starts.push(start);
    this.#reached = [...this.#reached, ...start.reached];
  }

  compare(): void {
    const measures = new Map(
      this.#rows.filter(({ storage }) => storage === 'files').map((row) => [row.name, row]),
    );
    this.addReached(reachedTargets(measures, targets(this.nodeMajor)));
    this.printTargets();
  }

  printTargets(): void {
    for (const { name, against, target, reached, byProcessorTime, ok } of this.#reached) {
      const cpu = byProcessorTime === undefined ? '' : `, ${byProcessorTime.toFixed(2)} by processor time`;
      const verdict = ok ? 'ok    ' : 'missed';
      console.log(`${verdict} ${name}: target ${target}, reached ${reached.toFixed(2)}${cpu} (${against})`);
    }
  }

  addReached(reached: readonly Reached[]): void {
    this.#reached = [...this.#reached, ...reached];
  }

  write(file: string): void {
    const machine = { node: this.#node, cpus: cpus().map(({ model }) => model), memoryBytes: totalmem() };
    const all = {
      date: new Date().toISOString(),
      machine,
      rows: this.#rows,
      coldStarts: this.#starts,
      targets: this.#reached,
      skipped: this.#skipped,
    };
    writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`);
    console.log(`Written to ${file}.`);
  }
}

function line([name = '', ...cells]: readonly string[]): string {
  return name.padEnd(44) + cells.map((cell) => cell.padStart(9)).join('');
}
