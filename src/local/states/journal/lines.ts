import { createReadStream } from 'node:fs';
import { truncate } from 'node:fs/promises';
import type { HistoryEvent } from '../history.ts';
import type { Entry } from '../progress/advance.ts';
import type { Extra, Note, Path } from '../progress/notes.ts';
import type { LinePlace } from './execution-log.ts';

/** What is known of an execution from its first line on. */
export interface ExecutionIdentity {
  readonly arn: string;
  readonly name: string;
  readonly stateMachineArn: string;
  readonly startTime: number;
  readonly mapRunArn?: string;
  /** Of a child: its place among the children of its Map Run, and the items it stands for. */
  readonly index?: number;
  readonly items?: number;
  /** Of a parent: what it runs, by the hash of the definition, and as whom. */
  readonly definition?: string;
  readonly roleArn?: string;
  /** To recognise a repeated StartExecution. */
  readonly inputHash?: string;
}

export interface LineExtra extends Extra {
  readonly execution?: ExecutionIdentity;
  readonly clientToken?: string;
}

/** How every line begins, so that most need not be parsed to know where they belong. `of` counts the file's executions. */
export interface LineHead {
  readonly of: number;
  readonly type: string;
  readonly timestamp: number;
}

/** Beside the events: `Note`, `StopAccepted`, and `StatusTold` to EventBridge. */
export interface Line extends LineHead {
  readonly path?: Path;
  readonly extra?: LineExtra;
  readonly note?: Note;
  readonly error?: string;
  readonly cause?: string;
  readonly status?: string;
  readonly id?: number;
}

export function eventLine(of: number, event: HistoryEvent, path: Path, extra: LineExtra): object {
  const { type, timestamp, ...rest } = event;
  return {
    ...{ of, type, timestamp, ...rest },
    ...(path.length > 0 && { path }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

export function noteLine(of: number, timestamp: number, note: Note, path: Path): object {
  return { of, type: 'Note', timestamp, path, note };
}

export function eventIn(line: Line): HistoryEvent {
  const { of: _of, path: _path, extra: _extra, ...event } = line;
  return event as unknown as HistoryEvent;
}

export function entryIn(line: Line): Entry | undefined {
  const { note, path = [], extra = {}, id } = line;
  if (note) return { note, path };
  return id === undefined ? undefined : { event: eventIn(line), path, extra };
}

const HEAD = /^\{"of":(\d+),"type":"(\w+)","timestamp":([\d.]+)[,}]/;

export interface FoundLine extends LinePlace {
  readonly head: LineHead;
  parse(): Line;
}

/** Every whole line. What follows the last is what a kill cut short: it never had an effect, and is cut off the file. */
export async function* linesOf(path: string): AsyncGenerator<FoundLine> {
  let offset = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    const bytes = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      yield foundLine(bytes.subarray(start, end), offset + start, path);
      start = end + 1;
    }
    offset += start;
    rest = bytes.subarray(start);
  }
  if (rest.length > 0) await truncate(path, offset);
}

function foundLine(bytes: Buffer, offset: number, path: string): FoundLine {
  const [, of, type = '', timestamp] = HEAD.exec(bytes.toString('latin1', 0, 120)) ?? [];
  if (of === undefined)
    throw new Error(`Cannot read ${path}: the line at byte ${offset} is not of a journal.`);
  return {
    head: { of: Number(of), type, timestamp: Number(timestamp) },
    offset,
    length: bytes.length + 1,
    parse: () => JSON.parse(bytes.toString('utf8')) as Line,
  };
}
