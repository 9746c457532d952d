import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  firstMember,
  nextMember,
  QUOTE,
  skipBlanks,
  skipString,
  skipValue,
} from '../../models/json-bytes.ts';

const [COLON, OPEN_BRACKET, OPEN_BRACE] = [0x3a, 0x5b, 0x7b];

/** The values of an object as they are written, by their keys; of a key that stands twice the last, as `JSON.parse` has it. */
export type Members = ReadonlyMap<string, string>;

/**
 * Takes a line apart without reading its values: a number keeps all its digits. The byte behind `end` is a line end.
 * Returns undefined where the line is no JSON object.
 */
export function membersOf(line: Buffer, start: number, end: number): Members | undefined {
  const members = walked(line, start, end, skipValue);
  // The walk gives up on values nested very deep, and on what is no object.
  if (members !== undefined || !isObject(line.toString('utf8', start, end))) return members;
  return walked(line, start, end, skipDeepValue);
}

type Skip = (json: Buffer, at: number) => number;

function walked(line: Buffer, start: number, end: number, skip: Skip): Members | undefined {
  const members = new Map<string, string>();
  let key = firstMember(line, skipBlanks(line, start));
  while (key >= 0 && line[key] === QUOTE) {
    const keyEnd = skipString(line, key);
    const colon = keyEnd < 0 ? -1 : skipBlanks(line, keyEnd);
    if (line[colon] !== COLON) return undefined;
    const value = skipBlanks(line, colon + 1);
    const valueEnd = skip(line, value);
    if (valueEnd < 0) return undefined;
    members.set(
      JSON.parse(line.toString('utf8', key, keyEnd)) as string,
      line.toString('utf8', value, valueEnd),
    );
    key = nextMember(line, valueEnd);
  }
  return key >= 0 && line[key] === CLOSE_BRACE && skipBlanks(line, key + 1) === end ? members : undefined;
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** From a value to behind it, where the line is known to be JSON: brackets are counted, and need no stack. */
function skipDeepValue(json: Buffer, at: number): number {
  if (json[at] !== OPEN_BRACE && json[at] !== OPEN_BRACKET) return skipValue(json, at);
  let [i, levels] = [at, 0];
  do {
    const byte = json[i];
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) levels++;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) levels--;
    i = byte === QUOTE ? skipString(json, i) : i + 1;
  } while (levels > 0);
  return i;
}

/** A value for a prompt or a CSV cell: a string's text, nothing for null, anything else as it is written. */
export function memberText(json: string | undefined): string | null {
  if (json === undefined || json === 'null') return null;
  return json.startsWith('"') ? (JSON.parse(json) as string) : json;
}
