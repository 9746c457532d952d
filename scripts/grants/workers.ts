import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Task, WayResult } from './run-way.ts';

/** What a worker says: of each task what came of it, or that it could not be carried out. */
export type Answer = WayResult | { readonly failed: string };

/** Processes that carry out one task after the other; each holds a whole local AWS at a time. */
export class Workers {
  readonly #children: readonly Worker[];

  constructor(count: number, args: readonly string[]) {
    this.#children = Array.from({ length: count }, () => new Worker(args));
  }

  /** In any order; `done` is told of each. */
  async all(tasks: readonly Task[], done: (result: WayResult) => void): Promise<void> {
    const left = [...tasks];
    await Promise.all(
      this.#children.map(async (child) => {
        for (let task = left.shift(); task !== undefined; task = left.shift()) done(await child.run(task));
      }),
    );
  }

  close(): void {
    for (const child of this.#children) child.close();
  }
}

class Worker {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  #waiting: ((answer: Answer) => void) | undefined;

  constructor(args: readonly string[]) {
    this.#child = spawn(process.execPath, args.slice(), { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface(this.#child.stdout).on('line', (line) => this.#answer(JSON.parse(line) as Answer));
    this.#child.once('close', (code) => this.#answer({ failed: `its process ended with ${code}` }));
  }

  async run(task: Task): Promise<WayResult> {
    const answered = new Promise<Answer>((resolve) => {
      this.#waiting = resolve;
    });
    this.#child.stdin.write(`${JSON.stringify(task)}\n`);
    const answer = await answered;
    if (!('failed' in answer)) return answer;
    throw new Error(`Cannot run ${task.way} without ${task.without.join(' and ')}: ${answer.failed}`);
  }

  close(): void {
    this.#child.stdin.end();
  }

  #answer(answer: Answer): void {
    this.#waiting?.(answer);
    this.#waiting = undefined;
  }
}
