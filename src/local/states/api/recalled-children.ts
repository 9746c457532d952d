import type { Clock } from '../../clock.ts';
import type { EndedChild, ExecutionResult } from '../execution.ts';
import type { ExecutionRecord } from '../journal/execution-record.ts';
import type { ExecutionStore } from '../journal/execution-store.ts';
import type { MapRun } from '../map/map-run.ts';
import type { ChildInput, MapRunRecall } from '../map/recall.ts';
import { redriveExecution } from './redrive-execution.ts';

/** The children of a Map Run as the journal has them; each is read only when its turn comes. */
export class RecalledChildren implements MapRunRecall {
  readonly mapRun: MapRun;
  readonly #store: ExecutionStore;
  readonly #clock: Clock;
  readonly #started: ReadonlySet<number>;
  readonly #ended: readonly ExecutionRecord[];
  readonly #running: ExecutionRecord[];
  readonly #unsuccessful: ExecutionRecord[];

  constructor(store: ExecutionStore, mapRun: MapRun, clock: Clock) {
    const children = store.childrenOf(mapRun.identity.arn);
    const redrivenAt = store.find(mapRun.identity.executionArn)?.redrivenAt ?? 0;
    const runsAgain = ({ status, lastOffset }: ExecutionRecord) =>
      status !== 'SUCCEEDED' && lastOffset < redrivenAt;
    this.mapRun = mapRun;
    this.#store = store;
    this.#clock = clock;
    this.#started = new Set(children.map(({ identity }) => identity.index ?? 0));
    this.#running = children.filter(({ status }) => status === 'RUNNING');
    const ended = children.filter(({ status }) => status !== 'RUNNING');
    this.#unsuccessful = ended.filter(runsAgain);
    this.#ended = ended.filter((each) => !runsAgain(each)).sort((a, b) => a.lastOffset - b.lastOffset);
  }

  isStarted(index: number): boolean {
    return this.#started.has(index);
  }

  async *ended(): AsyncGenerator<EndedChild> {
    for (const record of this.#ended) yield endedChild(record, this.#store);
  }

  takeRunning(): ChildInput | undefined {
    const record = this.#running.shift();
    return record && this.#goOn(record);
  }

  takeUnsuccessful(): ChildInput | undefined {
    const record = this.#unsuccessful.shift();
    if (!record) return undefined;
    redriveExecution(this.#store, record, this.#clock.now());
    this.mapRun.childRedriven(record.identity.items ?? 1);
    return this.#goOn(record);
  }

  #goOn(record: ExecutionRecord): ChildInput {
    const { index = 0, items = 1, name, startTime } = record.identity;
    const { redriveCount, redriveTime } = record;
    const earlier = {
      ...{ name, startTime, redriveCount, resume: record.progress() },
      ...(redriveTime !== undefined && { redriveTime }),
    };
    return { index, items, earlier, input: JSON.parse(this.#store.data(record).input) };
  }
}

function endedChild(record: ExecutionRecord, store: ExecutionStore): EndedChild {
  const { identity, status, stopTime = 0, redriveCount } = record;
  const { input, output, error, cause } = store.data(record);
  const value: unknown = output === undefined ? undefined : JSON.parse(output);
  const result = { status, output: value, error, cause, history: [] } as ExecutionResult;
  const { arn, name, mapRunArn = '', stateMachineArn, startTime, index = 0 } = identity;
  const child = {
    ...{ arn, name, mapRunArn, stateMachineArn, startTime, redriveCount, input: JSON.parse(input) },
    stop: () => undefined,
  };
  return { index, child, result, stopTime };
}
