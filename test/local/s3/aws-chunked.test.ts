import { AwsChunkedDecoder } from '../../../src/local/s3/aws-chunked.ts';

const SIGNATURE = 'a'.repeat(64);
const BINARY = Buffer.from(Array.from({ length: 300 }, (_, i) => i % 256));

function framed(
  chunks: readonly Buffer[],
  { signed = false, trailers = [] as readonly string[] } = {},
): Buffer {
  const extension = signed ? `;chunk-signature=${SIGNATURE}` : '';
  const body = chunks.flatMap((chunk) => [
    Buffer.from(`${chunk.length.toString(16)}${extension}\r\n`),
    chunk,
    Buffer.from('\r\n'),
  ]);
  const lines = trailers.map((trailer) => `${trailer}\r\n`).join('');
  return Buffer.concat([...body, Buffer.from(`0${extension}\r\n${lines}\r\n`)]);
}

function decode(pieces: readonly Buffer[]) {
  const decoder = new AwsChunkedDecoder();
  const payload = Buffer.concat(pieces.flatMap((piece) => decoder.push(piece)));
  decoder.end();
  return { payload, trailers: decoder.trailers };
}

const CASES = [
  { name: 'nothing', chunks: [], options: {}, trailers: {} },
  { name: 'one unsigned chunk', chunks: [BINARY], options: {}, trailers: {} },
  { name: 'signed chunks', chunks: [BINARY, Buffer.from('x')], options: { signed: true }, trailers: {} },
  {
    name: 'a trailer',
    chunks: [Buffer.from('one'), BINARY],
    options: { trailers: ['x-amz-checksum-crc32:AAAAAA=='] },
    trailers: { 'x-amz-checksum-crc32': 'AAAAAA==' },
  },
  {
    name: 'signed trailers, spaces, capitals',
    chunks: [Buffer.from('0\r\n\r\n')],
    options: {
      signed: true,
      trailers: ['X-Amz-Checksum-Sha256 : b=', `x-amz-trailer-signature:${SIGNATURE}`],
    },
    trailers: { 'x-amz-checksum-sha256': 'b=', 'x-amz-trailer-signature': SIGNATURE },
  },
];

describe.each(CASES)('an aws-chunked body with $name', ({ chunks, options, trailers }) => {
  const wire = framed(chunks, options);
  const expected = { payload: Buffer.concat(chunks), trailers };

  it('decodes in one piece, and byte by byte', () => {
    expect(decode([wire])).toEqual(expected);
    expect(decode([...wire].map((byte) => Buffer.from([byte])))).toEqual(expected);
  });

  it('decodes when cut in two at any offset', () => {
    for (let cut = 0; cut <= wire.length; cut += 1) {
      expect(decode([wire.subarray(0, cut), wire.subarray(cut)])).toEqual(expected);
    }
  });

  it('is incomplete when it ends at any earlier offset', () => {
    for (let end = 0; end < wire.length; end += 1) {
      expect(() => decode([wire.subarray(0, end)])).toThrow(
        expect.objectContaining({ code: 'IncompleteBody' }),
      );
    }
  });
});

it.each([
  { wire: 'zz\r\nab\r\n0\r\n\r\n', code: 'InvalidChunkSizeError' },
  { wire: '-1\r\n', code: 'InvalidChunkSizeError' },
  { wire: '2\nab\r\n0\r\n\r\n', code: 'InvalidChunkSizeError' },
  { wire: '2\r\nabc\r\n0\r\n\r\n', code: 'InvalidChunkSizeError' },
  { wire: '0\r\n\r\nmore\r\n', code: 'InvalidChunkSizeError' },
  { wire: '1'.repeat(20_000), code: 'InvalidChunkSizeError' },
  { wire: '0\r\nno colon\r\n\r\n', code: 'MalformedTrailerError' },
])('refuses the framing $wire', ({ wire, code }) => {
  expect(() => decode([Buffer.from(wire)])).toThrow(expect.objectContaining({ code }));
});
