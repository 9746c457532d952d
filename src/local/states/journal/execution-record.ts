import type { EndStatus } from '../errors.ts';
import type { HistoryEvent } from '../history.ts';
import { advance, noProgress, type Progress } from '../progress/advance.ts';
import type { ExecutionLog, LinePlace } from './execution-log.ts';
import { type ExecutionIdentity, entryIn, eventIn, type Line, type LineHead } from './lines.ts';

export type Status = 'RUNNING' | EndStatus;

const STATUSES: Readonly<Record<string, Status>> = {
  ExecutionStarted: 'RUNNING',
  ExecutionRedriven: 'RUNNING',
  ExecutionSucceeded: 'SUCCEEDED',
  ExecutionFailed: 'FAILED',
  ExecutionAborted: 'ABORTED',
  ExecutionTimedOut: 'TIMED_OUT',
};

/** How many client tokens of redrives AWS remembers. */
const MOST_TOKENS = 10;

/** What is in memory of an execution: its summary, and where its lines are. Whatever grows with payloads is on disk. */
export class ExecutionRecord {
  readonly identity: ExecutionIdentity;
  readonly log: ExecutionLog;
  /** Which of the log's executions it is: 0 is the parent. */
  readonly of: number;
  status: Status = 'RUNNING';
  stopTime: number | undefined;
  redriveCount = 0;
  redriveTime: number | undefined;
  /** The byte of the last redrive: what is before it belongs to earlier runs. */
  redrivenAt: number | undefined;
  readonly clientTokens: string[] = [];
  /** StopExecution was accepted, and is to happen even if the process ends before. */
  stop: { readonly error?: string; readonly cause?: string } | undefined;
  /** What EventBridge was told last. */
  told: string | undefined;
  /** Offsets and lengths in turn: objects would take five times the memory. */
  readonly #events: number[] = [];
  #others: number[] = [];

  constructor(identity: ExecutionIdentity, log: ExecutionLog, of: number) {
    this.identity = identity;
    this.log = log;
    this.of = of;
  }

  get arn(): string {
    return this.identity.arn;
  }

  get startTime(): number {
    return this.identity.startTime;
  }

  get eventCount(): number {
    return this.#events.length / 2;
  }

  /** The byte at which its last event is. */
  get lastOffset(): number {
    return this.#events.at(-2) ?? 0;
  }

  /** Takes up a line that is in the log, whether just written or found at a start. */
  index(head: LineHead, place: LinePlace, parse: () => Line): void {
    const event = head.type !== 'Note' && head.type !== 'StopAccepted' && head.type !== 'StatusTold';
    (event ? this.#events : this.#others).push(place.offset, place.length);
    if (head.type === 'StopAccepted') this.stop = parse();
    else if (head.type === 'StatusTold') this.told = parse().status;
    else if (event) this.#turn(head, place, parse);
  }

  event(id: number): HistoryEvent {
    return eventIn(this.#line(this.#events, id - 1));
  }

  /** Folds all its lines in their order. */
  progress(): Progress {
    const progress = noProgress();
    for (const place of this.#places()) {
      const entry = entryIn(this.log.read(place) as Line);
      if (entry) advance(progress, entry);
    }
    return progress;
  }

  #turn({ type, timestamp }: LineHead, { offset }: LinePlace, parse: () => Line): void {
    const status = STATUSES[type];
    if (status === undefined) return;
    this.status = status;
    this.stopTime = status === 'RUNNING' ? undefined : timestamp;
    // Nothing goes on from here, so what is beside its history is not needed again.
    if (status === 'SUCCEEDED') this.#others = [];
    if (type === 'ExecutionRedriven') this.#redriven(timestamp, offset, parse());
  }

  #redriven(timestamp: number, offset: number, { extra }: Line): void {
    this.redriveCount += 1;
    Object.assign(this, { redriveTime: timestamp, redrivenAt: offset, stop: undefined });
    if (extra?.clientToken !== undefined) this.clientTokens.push(extra.clientToken);
    if (this.clientTokens.length > MOST_TOKENS) this.clientTokens.shift();
  }

  #places(): LinePlace[] {
    const places = [...placesIn(this.#events), ...placesIn(this.#others)];
    return places.sort((a, b) => a.offset - b.offset);
  }

  #line(places: readonly number[], index: number): Line {
    const [offset, length] = places.slice(2 * index, 2 * index + 2);
    if (offset === undefined || length === undefined) throw new Error(`${this.arn} has no such event.`);
    return this.log.read({ offset, length }) as Line;
  }
}

function* placesIn(flat: readonly number[]): Generator<LinePlace> {
  for (let at = 0; at < flat.length; at += 2) {
    yield { offset: flat[at] ?? 0, length: flat[at + 1] ?? 0 };
  }
}
