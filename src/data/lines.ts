const NEWLINE = 0x0a;

/**
 * Lines of a byte stream as UTF-8 text, split on `\n` alone: model text may hold U+2028 or U+0085, which are not line ends in
 * JSONL. The last line comes out too when no `\n` ends it; empty lines do not.
 */
export async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      const line = Buffer.concat([...rest, bytes.subarray(start, end)]);
      rest = [];
      start = end + 1;
      if (line.length > 0) yield line.toString('utf8');
    }
    if (start < bytes.length) rest.push(bytes.subarray(start));
  }
  if (rest.length > 0) yield Buffer.concat(rest).toString('utf8');
}

/** Small writes gathered into parts of about `size` bytes. */
export async function* gathered(
  parts: AsyncIterable<string | Uint8Array>,
  size = 1024 * 1024,
): AsyncGenerator<Uint8Array> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  for await (const part of parts) {
    const buffer = Buffer.from(part as Uint8Array);
    waiting.push(buffer);
    bytes += buffer.length;
    if (bytes >= size) {
      yield Buffer.concat(waiting);
      waiting = [];
      bytes = 0;
    }
  }
  if (bytes > 0) yield Buffer.concat(waiting);
}
