import { recordIdOf } from '../../src/batch/record-id.ts';
import type { Invocation, ModelInvoker } from '../../src/steps/collaborators.ts';
import { type InvokeOnDemandInput, invokeOnDemand } from '../../src/steps/invoke-on-demand.ts';
import { MemoryStore } from './fakes.ts';
import { aChunk, aRun, pinnedNowhere } from './fixtures.ts';
import { MemoryTurns } from './job-fakes.ts';
import { VirtualClock } from './virtual-clock.ts';

const run = aRun();
export const folder = 'batch_outputs_json/jokes/run-1/00000/1/';
export const MINUTES = 60_000;
export const answerTo = (n: number) => `{"content":[{"type":"text","text":"joke ${n}"}]}`;
export const throttle: Invocation = { errorCode: 429, errorMessage: 'Too many requests', retryable: true };
export const fault: Invocation = { errorCode: 503, errorMessage: 'unavailable', retryable: true };

/** What the model says to the record `n`, asked for the `time`-th time. */
export type Says = (n: number, time: number) => Invocation;

/** A model that takes its time. */
class FakeModels implements ModelInvoker {
  /** The records that it was asked, in order. */
  readonly asked: number[] = [];
  mostAtOnce = 0;
  #atOnce = 0;
  readonly #clock: VirtualClock;
  readonly #says: Says;
  readonly #takesMs: (n: number) => number;

  constructor(clock: VirtualClock, says: Says, takesMs: (n: number) => number) {
    this.#clock = clock;
    this.#says = says;
    this.#takesMs = takesMs;
  }

  async invoke(modelId: string, body: string, signal?: AbortSignal): Promise<Invocation> {
    expect(modelId).toBe(run.model_id);
    const { n } = JSON.parse(body) as { n: number };
    this.asked.push(n);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce);
    try {
      await this.#clock.sleep(this.#takesMs(n), signal);
      return this.#says(n, this.asked.filter((one) => one === n).length);
    } finally {
      this.#atOnce--;
    }
  }

  timesOf(n: number): number {
    return this.asked.filter((one) => one === n).length;
  }
}

interface Setting {
  readonly records?: number;
  readonly says?: Says;
  readonly takesMs?: (n: number) => number;
  /** Of one invocation. */
  readonly time?: number;
  /** Of the run. */
  readonly concurrency?: number;
  readonly chunksAtOnce?: number;
}

/** Attempt 1 of chunk 0, with records written, and invocations of the function. */
export function world(setting: Setting = {}) {
  const { records = 120, says = (n) => ({ body: answerTo(n) }), takesMs = () => 1000 } = setting;
  const { time = 15 * MINUTES, concurrency = 8, chunksAtOnce = 1 } = setting;
  const objects = new MemoryStore({ pieceBytes: 1000 });
  const clock = new VirtualClock();
  const models = new FakeModels(clock, says, takesMs);
  const turns = new MemoryTurns();
  const execution = { status: 'RUNNING' };
  const executions = { statusOf: async () => execution.status };
  const input = 'batch_inputs_json/jokes/run-1/00000/1.jsonl';
  const lineOf = (_: unknown, n: number) =>
    `{"recordId":"${recordIdOf(n)}","modelInput":{"n":${n},"t":1.0}}\n`;
  objects.put(input, Array.from({ length: records }, lineOf).join(''));
  const prepared = {
    input_uri: `s3://bucket/${input}`,
    output_uri: `s3://bucket/${folder}`,
    records,
    null_values: 0,
    way: 'on_demand' as const,
  };
  const step: InvokeOnDemandInput = {
    run: { ...run, max_on_demand_concurrency: concurrency },
    chunk: aChunk(run, pinnedNowhere),
    attempt: 1,
    prepared,
    chunks_at_once: chunksAtOnce,
  };
  const collaborators = () => {
    const end = clock.ms + time;
    const { now, sleep } = clock;
    return { objects, models, turns, executions, now, sleep, timeLeft: () => end - now(), random: () => 0.5 };
  };
  return {
    objects,
    clock,
    models,
    turns,
    execution,
    step,
    collaborators,
    invoke: () => invokeOnDemand(step, collaborators()),
  };
}

export const keysOf = (objects: MemoryStore) =>
  [...objects.objects.keys()].filter((key) => key.startsWith(folder));
/** The lines of each object, in the order of their numbers. */
export function objectsOf(objects: MemoryStore): string[][] {
  const number = (key: string) => Number(/(\d+)\.jsonl\.out$/.exec(key)?.[1]);
  const keys = keysOf(objects).sort((a, b) => number(a) - number(b));
  return keys.map((key) => objects.text(key).split('\n').slice(0, -1));
}
export const linesOf = (objects: MemoryStore) => objectsOf(objects).flat();
export const idsOf = (objects: MemoryStore) =>
  linesOf(objects)
    .map((line) => (JSON.parse(line) as { recordId: string }).recordId)
    .sort();
export const allIds = (count: number) => Array.from({ length: count }, (_, n) => recordIdOf(n));
