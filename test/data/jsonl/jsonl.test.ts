import fc from 'fast-check';
import { membersOf, memberText } from '../../../src/data/jsonl/members.ts';
import {
  firstJsonlPosition,
  type JsonlRecord,
  jsonlRecords,
  KeyCollector,
  leadingKeys,
} from '../../../src/data/jsonl/table.ts';
import { collected, memorySource } from '../memory-source.ts';

function members(text: string): Record<string, string> | undefined {
  const line = Buffer.from(`${text}\n`);
  const found = membersOf(line, 0, line.length - 1);
  return found && Object.fromEntries(found);
}

async function records(content: string | Buffer, pieceBytes = 7): Promise<JsonlRecord[]> {
  const source = memorySource(content, 't.jsonl', pieceBytes);
  const found: JsonlRecord[] = [];
  for await (const record of jsonlRecords(source, await firstJsonlPosition(source))) {
    found.push({ ...record, bytes: Buffer.from(record.bytes) });
  }
  return found;
}

describe('the members of an object', () => {
  // Brackets and quotes within strings are none.
  const deep = `${'[{"]\\"}": '.repeat(150)}["{", 1.0]${'}]'.repeat(150)}`;
  const deepMember = `"deep": ${deep} `;
  const cases: readonly [string, Record<string, string> | undefined][] = [
    ['{}', {}],
    [' { "a" : 1 } ', { a: '1' }],
    ['{"a":9007199254740993,"b":1.10,"c":1e400}', { a: '9007199254740993', b: '1.10', c: '1e400' }],
    ['{"a":"x\\u0041\\n","b":null,"c":[1, {"d":2}]}', { a: '"x\\u0041\\n"', b: 'null', c: '[1, {"d":2}]' }],
    ['{"a":1,"a":2}', { a: '2' }],
    ['{"\\u0061":1}', { a: '1' }],
    ['{"":1,"__proto__":2}', { '': '1', ['__proto__']: '2' }],
    [`{"deep":${'['.repeat(300)}${']'.repeat(300)}}`, { deep: `${'['.repeat(300)}${']'.repeat(300)}` }],
    [
      `{"n":9007199254740993,"c":1e400,"2":1.10,"1":"\\ud83d]}",${deepMember}}`,
      { n: '9007199254740993', c: '1e400', 2: '1.10', 1: '"\\ud83d]}"', deep },
    ],
    [`{"a":01,${deepMember}}`, undefined],
    [`[{${deepMember}}]`, undefined],
    ['[1]', undefined],
    ['"text"', undefined],
    ['{"a":1', undefined],
    ['{"a":1} x', undefined],
    ['{"a":01}', undefined],
    ['{a:1}', undefined],
    ['', undefined],
  ];

  test.each(cases)('%s', (text, expected) => {
    expect(members(text)).toEqual(expected);
  });

  test('of values that no stack could hold', () => {
    const value = '['.repeat(200_000) + ']'.repeat(200_000);
    expect(members(`{"a":1.0,"b":${value}}`)).toEqual({ a: '1.0', b: value });
  });

  test('are those that JSON.parse finds, in any object', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue(), { noNullPrototype: true }),
        fc.nat({ max: 2 }),
        (object, indent) => {
          // Newlines end a line, so an indented text is joined by blanks.
          const text = JSON.stringify(object, null, indent).replaceAll('\n', ' ');
          const found = members(text) ?? {};
          const read = Object.fromEntries(
            Object.entries(found).map(([key, json]) => [key, JSON.parse(json)]),
          );
          expect(read).toEqual(JSON.parse(text));
        },
      ),
    );
  });

  test('a line that is damaged anywhere is judged as JSON.parse judges it', () => {
    const line = '{"a":"é\\"","b":[1,-2.5e3,true,null],"c":{"d":""}}';
    fc.assert(
      fc.property(
        fc.nat({ max: line.length - 1 }),
        fc.constantFrom('', '"', '{', ',', '0', '\\', 'x'),
        (at, byte) => {
          const damaged = line.slice(0, at) + byte + line.slice(at + 1);
          const judge = () => {
            const value: unknown = JSON.parse(damaged);
            return typeof value === 'object' && !Array.isArray(value);
          };
          let good = false;
          try {
            good = judge();
          } catch (error) {
            expect(error).toBeInstanceOf(SyntaxError);
          }
          expect(members(damaged) !== undefined).toBe(good);
        },
      ),
    );
  });
});

test.each([
  [undefined, null],
  ['null', null],
  ['"null"', 'null'],
  ['"a\\u00e9"', 'aé'],
  ['9007199254740993', '9007199254740993'],
  ['[1, 2]', '[1, 2]'],
  ['true', 'true'],
])('%s in a prompt is %j', (json, text) => {
  expect(memberText(json)).toBe(text);
});

test('records are found wherever the stream is cut, with their places; empty lines are none', async () => {
  const content = '\uFEFF{"a":1}\r\n\n{"a":"é🚀\u2028"}\n   {"b":2}';
  const bytes = Buffer.from(content);
  for (let size = 1; size <= bytes.length; size++) {
    const found = await records(content, size);
    expect(found.map(({ line }) => line)).toEqual([1, 3, 4]);
    expect(
      found.map((record) =>
        bytes.subarray(record.offset, record.offset + record.bytes.length).equals(record.bytes),
      ),
    ).toEqual([true, true, true]);
    expect(found.map((record) => record.bytes.toString())).toEqual([
      '{"a":1}',
      '{"a":"é🚀\u2028"}',
      '   {"b":2}',
    ]);
  }
});

test.each([
  ['{"a":1}\n[1]\n', 2],
  ['{"a":1}\n\n{"a":\n', 3],
  [Buffer.from('{"a":1}\n{"a":"\xff"}\n', 'latin1'), 2],
])('%s is refused with its line', async (content, line) => {
  const message = `Cannot read t.jsonl: line ${line} must be a JSON object in UTF-8, and it is not.`;
  await expect(records(content)).rejects.toMatchObject({ kind: 'InvalidInput', message });
});

test('keys are collected in the order in which they occur, and are bounded', async () => {
  const keys = new KeyCollector('t.jsonl');
  for (const record of await records('{"b":1,"a":2}\n{"c":3,"a":4}\n')) keys.add(record.members.keys());
  expect(keys.keys).toEqual(['b', 'a', 'c']);
  const many = (
    await records(
      `${JSON.stringify(Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`k${i}`, i])))}\n`,
    )
  )[0];
  expect(() => keys.add((many as JsonlRecord).members.keys())).toThrow(
    'must have at most 1000 different keys, and it has more.',
  );
});

test('a line that no memory should hold is refused with its number', async () => {
  const content = Buffer.alloc(65 * 1024 * 1024, 'x');
  content.write('{"a":1}\n{"a":"');
  const read = collected(jsonlRecords(memorySource(content, 't.jsonl', 1024 * 1024), { offset: 0, line: 1 }));
  await expect(read).rejects.toMatchObject({
    kind: 'InvalidInput',
    message: 'Cannot read t.jsonl: line 2 must have at most 67108864 bytes, and it has more.',
  });
});

test.each(['', '\n', '\r\n\n\n', '\uFEFF', '\uFEFF\n'])('the file %j has no columns', async (content) => {
  const source = memorySource(content, 't.jsonl');
  expect(await leadingKeys(source, await firstJsonlPosition(source))).toEqual([]);
});

test('objects without a key are not taken for a file without objects', async () => {
  const keys = (content: string) =>
    leadingKeys(memorySource(content, 't.jsonl'), { row: 0, offset: 0, line: 1 });
  await expect(keys('{}\n{}\n')).rejects.toMatchObject({
    kind: 'InvalidInput',
    message: 'Cannot read t.jsonl: its objects must have keys, and the first 2 have none.',
  });
  expect(await keys('{}\n{"a":1}\n')).toEqual(['a']);
});
