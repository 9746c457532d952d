import { BatchError } from '../../errors.ts';

/** Half of a pair; in a pair neither half is one. */
const HALF = /\p{Surrogate}/u;
/** How JSON in UTF-8 writes one: there is no other way. */
const WRITTEN_HALF = /\\u[dD][89a-fA-F]/;

/** Where something is refused. */
interface Place {
  readonly name: string;
  readonly line: number;
}

/** Whether UTF-8 can hold a JSON string's text. Half of a pair would become U+FFFD there: another text, and nobody would know. */
function isUtf8Text(json: string): boolean {
  // Other values stand in a text as they are written, with their escapes.
  if (!json.startsWith('"') || !json.includes('\\u') || !WRITTEN_HALF.test(json)) return true;
  return !HALF.test(JSON.parse(json) as string);
}

/** @throws BatchError InvalidInput for a value that would be another one as text */
export function requireUtf8Text(key: string, json: string | undefined, place: Place): void {
  if (json === undefined || isUtf8Text(json)) return;
  throw refused(place, 'text', `column ${JSON.stringify(key)}`);
}

/** @throws BatchError InvalidInput for a key that would be another one as a column's name */
export function requireUtf8Keys(keys: Iterable<string>, known: ReadonlySet<string>, place: Place): void {
  for (const key of keys) {
    if (!known.has(key) && HALF.test(key)) throw refused(place, 'keys', JSON.stringify(key));
  }
}

function refused({ name, line }: Place, what: string, which: string): BatchError {
  const rule = `must have ${what} that UTF-8 can hold, and ${which} has half of a surrogate pair`;
  return new BatchError('InvalidInput', `Cannot read ${name}: line ${line} ${rule}.`);
}
