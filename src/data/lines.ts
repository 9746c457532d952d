export const NEWLINE = 0x0a;
/** A record with twenty images has less; a file without line ends is found here, and not at its end. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** A line that memory must not hold; how many lines came out before it tells where. */
export class LineTooLong extends Error {}

/**
 * A byte stream in pieces that hold whole lines alone, each line with its `\n`; one is added to the last if it has none. Bytes are
 * copied only where a line lies across pieces of the stream. A piece is valid until the next one is asked for.
 * @throws LineTooLong
 */
export async function* wholeLines(
  chunks: AsyncIterable<Uint8Array>,
  maxLineBytes = MAX_LINE_BYTES,
): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const first = bytes.indexOf(NEWLINE);
    if (first < 0) {
      if (bytes.length > 0) rest.push(bytes);
      restBytes += bytes.length;
      if (restBytes > maxLineBytes) throw new LineTooLong(`A line has more than ${maxLineBytes} bytes.`);
      continue;
    }
    const start = rest.length === 0 ? 0 : first + 1;
    if (start > 0) yield Buffer.concat([...rest, bytes.subarray(0, start)]);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    if (end > start) yield bytes.subarray(start, end);
    rest = end < bytes.length ? [bytes.subarray(end)] : [];
    restBytes = bytes.length - end;
  }
  if (rest.length > 0) yield Buffer.concat([...rest, Buffer.of(NEWLINE)]);
}

/**
 * Lines of a byte stream as UTF-8 text, split on `\n` alone: model text may hold U+2028 or U+0085, which are not line ends in
 * JSONL. The last line comes out too when no `\n` ends it; empty lines do not.
 */
export async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  for await (const piece of wholeLines(chunks)) {
    for (let start = 0; start < piece.length; ) {
      const end = piece.indexOf(NEWLINE, start);
      if (end > start) yield piece.toString('utf8', start, end);
      start = end + 1;
    }
  }
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
