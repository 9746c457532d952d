import fc from 'fast-check';
import {
  type Cursor,
  decodeCursor,
  encodeCursor,
  listPage,
  type PageQuery,
} from '../../../src/local/s3/listing.ts';
import { compareKeys, SortedKeys } from '../../../src/local/s3/sorted-keys.ts';

const key = fc.string({
  unit: fc.constantFrom('a', 'b', '/', 'é', '\ue000', '\uffee', '😀', '-'),
  maxLength: 6,
});

function collect(sorted: SortedKeys, query: Omit<PageQuery, 'after'>) {
  const keys: string[] = [];
  const prefixes: string[] = [];
  let after: Cursor | undefined;
  do {
    const page = listPage(sorted, { ...query, after });
    expect(page.keys.length + page.commonPrefixes.length).toBeLessThanOrEqual(query.maxKeys);
    keys.push(...page.keys);
    prefixes.push(...page.commonPrefixes);
    after = page.next && decodeCursor(encodeCursor(page.next));
  } while (after);
  return { keys, prefixes };
}

/** What a listing means, without pages or binary search. */
function listNaively(keys: readonly string[], prefix: string, delimiter: string) {
  const byBytes = [...new Set(keys)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const plain: string[] = [];
  const prefixes = new Set<string>();
  for (const candidate of byBytes.filter((each) => each.startsWith(prefix))) {
    const end = delimiter ? candidate.indexOf(delimiter, prefix.length) : -1;
    if (end < 0) plain.push(candidate);
    else prefixes.add(candidate.slice(0, end + delimiter.length));
  }
  return { keys: plain, prefixes: [...prefixes] };
}

it('orders keys by their UTF-8 bytes', () => {
  fc.assert(
    fc.property(key, key, (a, b) => {
      expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

it('pages of any size add up to the whole listing', () => {
  const delimiter = fc.constantFrom('', '/', '-', 'ab');
  fc.assert(
    fc.property(
      fc.array(key),
      key,
      delimiter,
      fc.integer({ min: 1, max: 4 }),
      (keys, prefix, mark, maxKeys) => {
        const sorted = new SortedKeys();
        for (const each of keys) sorted.add(each);
        const short = [...prefix][0] ?? '';
        expect(collect(sorted, { prefix: short, delimiter: mark, maxKeys })).toEqual(
          listNaively(keys, short, mark),
        );
      },
    ),
  );
});

it('adding and removing leaves the keys that remain, in order', () => {
  fc.assert(
    fc.property(fc.array(key), fc.array(key), (added, removed) => {
      const sorted = new SortedKeys(removed.filter((each) => !added.includes(each)));
      for (const each of added) sorted.add(each);
      for (const each of removed) sorted.remove(each);
      const left = added.filter((each) => !removed.includes(each));
      expect(collect(sorted, { prefix: '', delimiter: '', maxKeys: 1000 })).toEqual(
        listNaively(left, '', ''),
      );
    }),
  );
});

it.each([
  { after: { kind: 'key', value: 'a' } as const, keys: ['b', 'c/d'] },
  { after: { kind: 'key', value: 'aa' } as const, keys: ['b', 'c/d'] },
  { after: { kind: 'prefix', value: 'c/' } as const, keys: [] },
])('starts behind the $after.kind $after.value', ({ after, keys }) => {
  const sorted = new SortedKeys(['a', 'b', 'c/d']);
  expect(listPage(sorted, { prefix: '', delimiter: '', maxKeys: 9, after }).keys).toEqual(keys);
});

it('refuses a token that it did not give', () => {
  expect(() => decodeCursor('bogus')).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
});
