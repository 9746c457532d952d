import fc from 'fast-check';
import { pick, randomFrom, type TextTable } from './text-table.ts';

export interface JsonlSpec {
  readonly columns: readonly string[];
  /** What values are picked from, as they are written. */
  readonly values: readonly string[];
  readonly rows: number;
  readonly newlines: readonly string[];
  readonly blank: string;
  readonly endsInNewline: boolean;
  readonly mark: string;
  readonly seed: number;
}

export interface JsonlTable extends TextTable {
  readonly lines: readonly string[];
}

/** JSON as it is written, of forms that a parser would not give back. */
const value = fc.oneof(
  fc.json({ maxDepth: 3 }),
  fc
    .string({ unit: fc.constantFrom(...'a,"\n\r\t é東🚀\u2028\\{}'), maxLength: 8 })
    .map((text) => JSON.stringify(text)),
  fc.constantFrom('null', 'true', '-0', '1.10', '1E5', '9007199254740993', '18446744073709551615', '0.1000'),
  fc.constantFrom(
    '"\\u00e9\\/"',
    '"\\ud83d\\ude80"',
    '{ "a" : [1.10, null] }',
    '[ ]',
    '""',
    '"null"',
    '"[1]"',
  ),
);
const key = fc.constantFrom('id', 'status', 'error', 'a b', 'a.b', 'é東', 'say "x"', 'x,y', 'line\nend', '');

/** Any JSON lines with a member that the prompt reads. */
export function jsonlSpecs(prompted: string): fc.Arbitrary<JsonlSpec> {
  return fc.record({
    columns: fc.uniqueArray(key, { maxLength: 6 }).map((others) => [...others, prompted]),
    values: fc.array(value, { minLength: 3, maxLength: 40 }),
    rows: fc.integer({ min: 100, max: 400 }),
    newlines: fc.constantFrom(['\n'], ['\r\n'], ['\n', '\r\n', '\n\n']),
    blank: fc.constantFrom('', ' ', '\t'),
    endsInNewline: fc.boolean(),
    mark: fc.constantFrom('', '\uFEFF'),
    seed: fc.nat(),
  });
}

export function jsonlTable(spec: JsonlSpec): JsonlTable {
  const random = randomFrom(spec.seed);
  const objects = Array.from({ length: spec.rows }, (_, i) => objectOf(spec, random, i));
  const lines = objects.map((members) => lineOf(members, spec.blank));
  const ends = lines.map((_, i) =>
    i === lines.length - 1 && !spec.endsInNewline ? '' : pick(random, spec.newlines),
  );
  const columns = [...new Set(objects.flatMap((members) => [...members.keys()]))];
  const rows = objects.map((members) => columns.map((column) => memberText(members.get(column))));
  const text = lines.map((line, i) => line + ends[i]).join('');
  return { bytes: Buffer.from(spec.mark + text), columns, rows, lines };
}

/** Members in any order, some of them left out; the first object has the column that is asked for. */
function objectOf(
  { columns, values }: JsonlSpec,
  random: () => number,
  row: number,
): ReadonlyMap<string, string> {
  const turned = columns.map((column) => ({ column, at: random() })).sort((a, b) => a.at - b.at);
  const there = turned.filter(({ column }) => (row === 0 && column === columns.at(-1)) || random() < 0.8);
  return new Map(there.map(({ column }) => [column, pick(random, values)]));
}

function lineOf(members: ReadonlyMap<string, string>, blank: string): string {
  const texts = Array.from(members, ([name, json]) => `${JSON.stringify(name)}${blank}:${blank}${json}`);
  return `${blank}{${blank}${texts.join(`${blank},${blank}`)}${blank}}${blank}`;
}

/** What a member comes to as text. */
export function memberText(json: string | undefined): string | null {
  if (json === undefined || json === 'null') return null;
  return json.startsWith('"') ? (JSON.parse(json) as string) : json;
}
