import {
  CLOSE_BRACE,
  firstMember,
  nextMember,
  QUOTE,
  skipBlanks,
  skipString,
  skipValue,
} from '../../models/json-bytes.ts';

const COLON = 0x3a;

/** The values of an object as they are written, by their keys; of a key that stands twice the last, as `JSON.parse` has it. */
export type Members = ReadonlyMap<string, string>;

/**
 * Takes a line apart without reading its values: a number keeps all its digits. The byte behind `end` is a line end.
 * Returns undefined where the line is no JSON object.
 */
export function membersOf(line: Buffer, start: number, end: number): Members | undefined {
  return walked(line, start, end) ?? parsed(line.toString('utf8', start, end));
}

function walked(line: Buffer, start: number, end: number): Members | undefined {
  const members = new Map<string, string>();
  let key = firstMember(line, skipBlanks(line, start));
  while (key >= 0 && line[key] === QUOTE) {
    const keyEnd = skipString(line, key);
    const colon = keyEnd < 0 ? -1 : skipBlanks(line, keyEnd);
    if (line[colon] !== COLON) return undefined;
    const value = skipBlanks(line, colon + 1);
    const valueEnd = skipValue(line, value);
    if (valueEnd < 0) return undefined;
    members.set(
      JSON.parse(line.toString('utf8', key, keyEnd)) as string,
      line.toString('utf8', value, valueEnd),
    );
    key = nextMember(line, valueEnd);
  }
  return key >= 0 && line[key] === CLOSE_BRACE && skipBlanks(line, key + 1) === end ? members : undefined;
}

/** For what the walk gives up on: values nested very deep, or a line that is no object. */
function parsed(text: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return new Map(Object.entries(value).map(([key, member]) => [key, JSON.stringify(member)]));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A value for a prompt or a CSV cell: a string's text, nothing for null, anything else as it is written. */
export function memberText(json: string | undefined): string | null {
  if (json === undefined || json === 'null') return null;
  return json.startsWith('"') ? (JSON.parse(json) as string) : json;
}
