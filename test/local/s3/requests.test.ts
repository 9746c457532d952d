import { assertWritable, judgeRead } from '../../../src/local/s3/conditions.ts';
import { parseCopyRange, parseRange } from '../../../src/local/s3/ranges.ts';
import { parseXml, renderXml } from '../../../src/local/s3/xml.ts';

const failing = (code: string) => expect.objectContaining({ code });

describe('ranges', () => {
  it.each([
    { header: undefined, size: 10, range: undefined },
    { header: 'bytes=0-3', size: 10, range: { start: 0, length: 4 } },
    { header: 'bytes=4-', size: 10, range: { start: 4, length: 6 } },
    { header: 'bytes=4-99', size: 10, range: { start: 4, length: 6 } },
    { header: 'bytes=-5', size: 10, range: { start: 5, length: 5 } },
    { header: 'bytes=-50', size: 10, range: { start: 0, length: 10 } },
    { header: 'bytes=5-4', size: 10, range: undefined },
    { header: 'bytes=-', size: 10, range: undefined },
    { header: 'lines=1-2', size: 10, range: undefined },
  ])('$header of $size bytes', ({ header, size, range }) => {
    expect(parseRange(header, size)).toEqual(range);
  });

  it.each([
    { header: 'bytes=10-', size: 10, code: 'InvalidRange' },
    { header: 'bytes=-0', size: 10, code: 'InvalidRange' },
    { header: 'bytes=-5', size: 0, code: 'InvalidRange' },
    { header: 'bytes=0-0', size: 0, code: 'InvalidRange' },
    { header: 'bytes=0-1,3-4', size: 10, code: 'NotImplemented' },
  ])('refuses $header of $size bytes with $code', ({ header, size, code }) => {
    expect(() => parseRange(header, size)).toThrow(failing(code));
  });

  it.each(['bytes=0-10', 'bytes=-5', 'bytes=5-', 'bytes=5-4'])('refuses to copy %s of 10 bytes', (header) => {
    expect(() => parseCopyRange(header, 10)).toThrow(failing('InvalidArgument'));
  });
});

const entity = { etag: '"abc"', modified: Date.parse('2026-01-02T00:00:00Z') };
const before = 'Thu, 01 Jan 2026 00:00:00 GMT';
const after = 'Sat, 03 Jan 2026 00:00:00 GMT';

describe('conditions', () => {
  it.each([
    { headers: {}, verdict: 'proceed' },
    { headers: { 'if-match': '"abc"' }, verdict: 'proceed' },
    { headers: { 'if-match': 'abc' }, verdict: 'proceed' },
    { headers: { 'if-match': '"x", "abc"' }, verdict: 'proceed' },
    { headers: { 'if-match': '"x"' }, verdict: 'failed' },
    { headers: { 'if-none-match': '"abc"' }, verdict: 'not modified' },
    { headers: { 'if-none-match': '*' }, verdict: 'not modified' },
    { headers: { 'if-none-match': '"x"' }, verdict: 'proceed' },
    { headers: { 'if-modified-since': after }, verdict: 'not modified' },
    { headers: { 'if-modified-since': before }, verdict: 'proceed' },
    { headers: { 'if-unmodified-since': before }, verdict: 'failed' },
    { headers: { 'if-unmodified-since': after }, verdict: 'proceed' },
    { headers: { 'if-unmodified-since': 'nonsense' }, verdict: 'proceed' },
    { headers: { 'if-match': '"abc"', 'if-unmodified-since': before }, verdict: 'proceed' },
    { headers: { 'if-none-match': '"x"', 'if-modified-since': after }, verdict: 'proceed' },
  ])('reading with $headers: $verdict', ({ headers, verdict }) => {
    expect(judgeRead(entity, headers)).toBe(verdict);
  });

  it.each([
    { current: undefined, headers: { 'if-none-match': '*' } },
    { current: entity, headers: { 'if-match': '"abc"' } },
    { current: entity, headers: {} },
  ])('writing over $current.etag with $headers is allowed', ({ current, headers }) => {
    expect(() => assertWritable(current, headers)).not.toThrow();
  });

  it.each([
    { current: entity, headers: { 'if-none-match': '*' }, code: 'PreconditionFailed' },
    { current: entity, headers: { 'if-none-match': '"abc"' }, code: 'NotImplemented' },
    { current: entity, headers: { 'if-match': '"x"' }, code: 'PreconditionFailed' },
    { current: undefined, headers: { 'if-match': '"x"' }, code: 'NoSuchKey' },
  ])('writing over $current.etag with $headers is $code', ({ current, headers, code }) => {
    expect(() => assertWritable(current, headers)).toThrow(failing(code));
  });
});

describe('XML', () => {
  it('reads back what it writes', () => {
    const text = ' <&>"\'é😀\r\n\u0001 ';
    const parsed = parseXml(
      renderXml('A', [
        ['B', text],
        ['C', undefined],
        ['D', [['E', 1]]],
      ]),
    );
    const leaf = (name: string, value: string) => ({ name, text: value, children: [] });
    const d = { name: 'D', text: '', children: [leaf('E', '1')] };
    expect(parsed).toEqual({ name: 'A', text: '', children: [leaf('B', text), d] });
  });

  it.each([
    '',
    'text',
    '<a>',
    '</a>',
    '<a></b>',
    '<a/><b/>',
    '<a></a></a>',
    '<!DOCTYPE a><a/>',
    '<a>&#x110000;</a>',
  ])('refuses %s', (source) => {
    expect(() => parseXml(source)).toThrow(failing('MalformedXML'));
  });
});
