import { BatchError } from '../../errors.ts';
import type { JsonlRecord } from './table.ts';
import { requireUtf8Text } from './utf8-text.ts';

/** Keys of a line that Bedrock reads as it is. */
const KEYS = ['recordId', 'modelInput'] as const;
/** All ids of a job are in memory at a time. */
const MOST_ID_BYTES = 256;

/** Whether the lines of a file are meant for Bedrock as they are, by its first keys. */
export function areReadyMade(columns: readonly string[]): boolean {
  return columns.includes('modelInput') && !columns.includes('input_text');
}

/**
 * The id of a ready-made record. Bedrock answers by it, in any order, so without one there is no joining.
 * @throws BatchError InvalidInput for a line that is no such record
 */
export function ownRecordId({ members, line }: JsonlRecord, name: string): string {
  const [recordId, modelInput] = KEYS.map((key) => members.get(key));
  const id = recordId?.startsWith('"') ? (JSON.parse(recordId) as string) : '';
  if (id === '' || !modelInput?.startsWith('{') || members.size > KEYS.length) {
    const what = 'a recordId (a string), a modelInput (an object) and nothing else';
    throw refused(name, line, `${what}, as Bedrock's records do`);
  }
  if (Buffer.byteLength(id) > MOST_ID_BYTES)
    throw refused(name, line, `a recordId of at most ${MOST_ID_BYTES} bytes, and it has more`);
  requireUtf8Text('recordId', recordId, { name, line });
  return id;
}

function refused(name: string, line: number, what: string): BatchError {
  return new BatchError('InvalidInput', `Cannot read ${name}: line ${line} must have ${what}.`);
}

/** Ids that may not come twice within one job: the last so many are remembered. */
export class RecentIds {
  readonly #most: number;
  #ids: Set<string>;

  constructor(most: number, ids: Iterable<string> = []) {
    this.#most = most;
    this.#ids = new Set(ids);
  }

  /** False for an id that is among the last ones already. */
  add(id: string): boolean {
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    // A set keeps its order, so that the first is the oldest.
    if (this.#ids.size > this.#most) for (const oldest of this.#ids.keys()) return this.#forget(oldest);
    return true;
  }

  #forget(id: string): true {
    this.#ids.delete(id);
    return true;
  }

  toJSON(): readonly string[] {
    return [...this.#ids];
  }
}
