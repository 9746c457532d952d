import fc from 'fast-check';
import { recordIdOf } from '../../src/batch/record-id.ts';
import type { CellBatch, CellColumn } from '../../src/data/cells.ts';
import { recordWriter } from '../../src/data/record-writer.ts';
import { claude } from '../../src/models/claude.ts';
import { titanTextEmbeddingsV2 } from '../../src/models/titan-text-embeddings-v2.ts';
import type { ModelFamily } from '../../src/models/types.ts';
import { type Prompt, parseTemplate, render } from '../../src/prompts/prompt.ts';

type Row = readonly (string | null)[];

/** Cells with something before and, where one is null, between them. */
function columnOf(texts: readonly (string | null)[]): CellColumn {
  const ends = new Int32Array(texts.length);
  const starts = new Int32Array(texts.length);
  const parts = [Buffer.from('before'), ...texts.map((text) => Buffer.from(text ?? 'null'))];
  let at = 6;
  for (const [i, text] of texts.entries()) {
    starts[i] = at;
    at += parts[i + 1]?.length ?? 0;
    ends[i] = text === null ? -1 : at;
  }
  return { bytes: new Uint8Array(Buffer.concat(parts)), starts, ends };
}

const batchOf = (rows: readonly Row[], columns: number): CellBatch => ({
  rowCount: rows.length,
  columns: Array.from({ length: columns }, (_, i) => columnOf(rows.map((row) => row[i] ?? null))),
});

interface Written {
  readonly text: string;
  readonly records: number;
  readonly nulls: number;
  readonly bytes: number;
}

function written(
  { encode }: Pick<ModelFamily, 'encode'>,
  prompt: Prompt,
  batches: readonly (readonly Row[])[],
): Written {
  const writer = recordWriter(encode, prompt);
  const parts: Uint8Array[] = [];
  let row = 0;
  for (const rows of batches) {
    parts.push(...writer.write(batchOf(rows, prompt.columns.length), row));
    row += rows.length;
  }
  parts.push(...writer.finish());
  const { records, nulls, bytes } = writer;
  return { text: Buffer.concat(parts).toString(), records, nulls, bytes };
}

/** The plain way, record by record. */
function plain({ encode }: Pick<ModelFamily, 'encode'>, prompt: Prompt, rows: readonly Row[]): Written {
  const rendered = rows.map((row) => render(prompt, row));
  const lines = rendered.map(
    ({ text }, row) => `${JSON.stringify({ recordId: recordIdOf(row), modelInput: encode(text) })}\n`,
  );
  const text = lines.join('');
  const nulls = rendered.reduce((sum, { nulls }) => sum + nulls, 0);
  return { text, records: rows.length, nulls, bytes: Buffer.byteLength(text) };
}

/** Text from every plane, with all that JSON escapes, in runs short and long. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('"', '\\', '\n', '\u0000', '\u001f', '\u007f', '\u2028', 'é', '🚀') }),
  fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', '"'), minLength: 40, maxLength: 200 }),
);
const prompts = ['{a}', 'Say "{a}"\n\\ {b} é', '{{{b}}}{a}{b}', 'nothing'].map(parseTemplate);
const families = [claude, titanTextEmbeddingsV2];

test('writes what JSON.stringify writes, byte for byte', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...prompts),
      fc.constantFrom(...families),
      fc.array(
        fc.array(fc.array(fc.option(text, { freq: 8 }), { minLength: 3, maxLength: 3 }), { maxLength: 12 }),
        { maxLength: 3 },
      ),
      (prompt, family, batches) => {
        expect(written(family, prompt, batches)).toEqual(plain(family, prompt, batches.flat()));
      },
    ),
    { numRuns: 500 },
  );
});

test('escapes each character as JSON.stringify does', () => {
  const characters = Array.from({ length: 0x3000 }, (_, i) => [String.fromCharCode(i)]);
  const prompt = parseTemplate('{a}');
  expect(written(claude, prompt, [characters])).toEqual(plain(claude, prompt, characters));
});

test.each([
  ['nothing to escape', 'x'],
  ['nothing but escapes', '\u0000'],
  ['bytes of three', '東'],
  ['some to escape', `${'y'.repeat(50)}"\n`],
])('writes cells of megabytes with %s', (_, unit) => {
  const prompt = parseTemplate('<{a}>');
  const rows = [4095, 4096, 4097, 1_500_000, 1].map((length) => [unit.repeat(length / unit.length)]);
  expect(written(claude, prompt, [rows])).toEqual(plain(claude, prompt, rows));
});

test('hands out parts of about 1 MB as the rows come, and never writes into them again', () => {
  const writer = recordWriter(claude.encode, parseTemplate('{a}'));
  const rows = Array.from({ length: 20_000 }, (_, i) => [`cell ${i}`]);
  const parts: Uint8Array[] = [];
  const copies: Buffer[] = [];
  for (const part of writer.write(batchOf(rows, 1), 0)) {
    parts.push(part);
    copies.push(Buffer.from(part));
    expect(part.length).toBeGreaterThan(900_000);
    expect(part.length).toBeLessThanOrEqual(1024 * 1024);
  }
  expect(parts).toHaveLength(3);
  for (const part of writer.finish()) expect(part.length).toBeGreaterThan(0);
  expect(Buffer.concat(parts.slice(0, 3)).equals(Buffer.concat(copies))).toBe(true);
});

test.each([
  [0, 3],
  [8, 3],
  [99_998, 3],
  [999_999_999, 2],
  [4_294_967_295, 2],
  [9_999_999_998, 2],
])('numbers rows from %d on', (firstRow, rowCount) => {
  const writer = recordWriter(titanTextEmbeddingsV2.encode, parseTemplate('{a}'));
  const rows = Array.from({ length: rowCount }, () => ['']);
  // Whatever the batch before left in the line.
  const parts = [...writer.write(batchOf(rows, 1), 10_000_000_000 - rowCount)];
  parts.push(...writer.write(batchOf(rows, 1), firstRow), ...writer.finish());
  const ids = Buffer.concat(parts).toString().match(/R\d+/g)?.slice(rowCount);
  expect(ids).toEqual(rows.map((_, i) => recordIdOf(firstRow + i)));
});

test('refuses a row whose number has no record id', () => {
  const writer = recordWriter(claude.encode, parseTemplate('{a}'));
  expect(() => [...writer.write(batchOf([['x'], ['y']], 1), 9_999_999_999)]).toThrow(
    'Cannot number row 10000000000: a run must have fewer than 10^10 rows.',
  );
});

test('refuses a batch of other columns than those of the prompt', () => {
  const writer = recordWriter(claude.encode, parseTemplate('{a}{b}'));
  expect(() => [...writer.write(batchOf([['x']], 1), 0)]).toThrow('must have the columns of the prompt');
});

describe('a family', () => {
  const prompt = parseTemplate('{a}');

  test.each<[string, ModelFamily['encode']]>([
    ['that puts the text between other words', (text) => ({ prompt: `Human: ${text}\n\nAssistant:` })],
    ['with the text before other fields', (text) => ({ a: { b: [text, 'R0000000000'] }, z: 'é"\\' })],
  ])('%s is served', (_, encode) => {
    const rows = [['a "b"\n'], [null], ['$&']];
    expect(written({ encode }, prompt, [rows])).toEqual(plain({ encode }, prompt, rows));
  });

  test.each<[string, ModelFamily['encode']]>([
    ['leaves the text out', () => ({ a: 1 })],
    ['holds the text twice', (text) => ({ a: text, b: text })],
    ['encodes it twice', (text) => ({ body: JSON.stringify({ text }) })],
    ['trims it', (text) => ({ text: text.trim() })],
    ['cuts it', (text) => ({ text: text.slice(0, 5000) })],
    ['encodes it otherwise', (text) => ({ text: Buffer.from(text).toString('base64') })],
    ['drops an empty one', (text) => (text === '' ? {} : { text })],
    ['gives its length as well', (text) => ({ text, length: text.length })],
    ['reads JSON in it', (text) => ({ text: text.startsWith('{') ? JSON.parse(text) : text })],
  ])('that %s is refused', (_, encode) => {
    expect(() => recordWriter(encode, prompt)).toThrow(
      expect.objectContaining({
        kind: 'Internal',
        message:
          'Cannot write records: what a model family encodes must hold the text once, in one JSON string, as it is.',
      }),
    );
  });
});
