import { mkdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { HistoryEvent } from '../history.ts';
import type { MapRun } from '../map/map-run.ts';
import type { Note, Path } from '../progress/notes.ts';
import { Definitions } from './definitions.ts';
import { ExecutionLog } from './execution-log.ts';
import { ExecutionRecord } from './execution-record.ts';
import {
  type ExecutionIdentity,
  eventLine,
  type Line,
  type LineExtra,
  type LineHead,
  linesOf,
  noteLine,
} from './lines.ts';
import { replayMapRun } from './map-run-replay.ts';

/** What is large of an execution, from its journal. */
export interface ExecutionData {
  readonly input: string;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

/** Every execution there was: a journal for each parent, in the order of their start. */
export class ExecutionStore {
  readonly definitions: Definitions;
  readonly mapRuns = new Map<string, MapRun>();
  /** Of the last line there was at the start. */
  lastTime = 0;
  readonly #folder: string;
  readonly #records = new Map<string, ExecutionRecord>();
  readonly #families = new Map<ExecutionLog, ExecutionRecord[]>();
  readonly #children = new Map<string, ExecutionRecord[]>();
  #logs = 0;

  static async open(directory: string): Promise<ExecutionStore> {
    const store = new ExecutionStore(directory);
    const names = await readdir(store.#folder);
    for (const name of names.filter((each) => each.endsWith('.jsonl')).sort()) await store.#load(name);
    return store;
  }

  private constructor(directory: string) {
    this.#folder = join(directory, 'executions');
    mkdirSync(this.#folder, { recursive: true });
    this.definitions = new Definitions(join(directory, 'definitions'));
  }

  /** A parent, with a journal of its own; it begins with the first event. */
  create(identity: ExecutionIdentity): ExecutionRecord {
    this.#logs += 1;
    return this.#add(identity, new ExecutionLog(this.#path(this.#logs)));
  }

  createChild(identity: ExecutionIdentity, log: ExecutionLog): ExecutionRecord {
    return this.#add(identity, log);
  }

  /** Of an execution whose first line could not be written. */
  discard(record: ExecutionRecord): void {
    this.#records.delete(record.arn);
    this.#families.delete(record.log);
  }

  event(record: ExecutionRecord, event: HistoryEvent, path: Path = [], extra: LineExtra = {}): void {
    const first = event.type === 'ExecutionStarted';
    const own = first ? { ...extra, execution: record.identity } : extra;
    this.#append(record, eventLine(record.of, event, path, own));
  }

  note(record: ExecutionRecord, time: number, note: Note, path: Path): void {
    this.#append(record, noteLine(record.of, time, note, path));
  }

  mark(
    record: ExecutionRecord,
    type: 'StopAccepted' | 'StatusTold',
    timestamp: number,
    fields: object,
  ): void {
    this.#append(record, { of: record.of, type, timestamp, ...fields });
  }

  find(arn: string): ExecutionRecord | undefined {
    return this.#records.get(arn);
  }

  /** In the order of their start. */
  list(): IterableIterator<ExecutionRecord> {
    return this.#records.values();
  }

  childrenOf(mapRunArn: string): readonly ExecutionRecord[] {
    return this.#children.get(mapRunArn) ?? [];
  }

  /** An execution and all below it. */
  family({ log }: ExecutionRecord): readonly ExecutionRecord[] {
    return this.#families.get(log) ?? [];
  }

  data(record: ExecutionRecord): ExecutionData {
    const { executionStartedEventDetails } = record.event(1);
    const { input } = executionStartedEventDetails as { readonly input: string };
    if (record.status === 'RUNNING') return { input };
    const details = Object.entries(record.event(record.eventCount)).find(([key]) => key.endsWith('Details'));
    const { output, error, cause } = (details?.[1] ?? {}) as Partial<ExecutionData>;
    return {
      input,
      ...(output !== undefined && { output }),
      ...(error !== undefined && { error }),
      ...(cause !== undefined && { cause }),
    };
  }

  /** From now on nothing is written: what still happens is for the next start to do. */
  suspend(): void {
    for (const log of this.#families.keys()) log.suspend();
  }

  close(): void {
    for (const log of this.#families.keys()) log.close();
  }

  #append(record: ExecutionRecord, line: object): void {
    const place = record.log.append(line);
    if (place) record.index(line as LineHead, place, () => line as Line);
  }

  #add(identity: ExecutionIdentity, log: ExecutionLog): ExecutionRecord {
    const family = this.#families.get(log) ?? [];
    const record = new ExecutionRecord(identity, log, family.length);
    family.push(record);
    this.#families.set(log, family);
    this.#records.set(record.arn, record);
    const { mapRunArn } = identity;
    if (mapRunArn !== undefined) this.#addChild(mapRunArn, record);
    return record;
  }

  #addChild(mapRunArn: string, record: ExecutionRecord): void {
    const others = this.#children.get(mapRunArn);
    if (others) others.push(record);
    else this.#children.set(mapRunArn, [record]);
  }

  async #load(name: string): Promise<void> {
    this.#logs = Number.parseInt(name, 10);
    const path = this.#path(this.#logs);
    const log = new ExecutionLog(path);
    for await (const { head, parse, ...place } of linesOf(path)) {
      log.found(place);
      this.lastTime = Math.max(this.lastTime, head.timestamp);
      const record = this.#recordOf(log, head, parse);
      const before = record.status;
      record.index(head, place, parse);
      replayMapRun(this.mapRuns, record, before, head, parse);
    }
    // Killed before its first line was whole: it never was.
    if (!this.#families.has(log)) await rm(path);
  }

  #recordOf(log: ExecutionLog, { of }: LineHead, parse: () => Line): ExecutionRecord {
    const known = this.#families.get(log)?.[of];
    if (known) return known;
    const identity = parse().extra?.execution;
    if (!identity) throw new Error(`A journal has lines of execution ${of} before its start.`);
    return this.#add(identity, log);
  }

  #path(number: number): string {
    return join(this.#folder, `${String(number).padStart(8, '0')}.jsonl`);
  }
}
