export const NEWLINE = 0x0a;
/** A record with twenty images has less; a file without line ends is found here, and not at its end. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** A line that memory must not hold; how many lines came out before it tells where. */
export class LineTooLong extends Error {}

export interface LineLimits {
  readonly maxLineBytes?: number | undefined;
  /** Is told of each line that is longer; such a line is left out, and reading goes on behind it. */
  readonly onTooLong?: (() => void) | undefined;
}

/**
 * A byte stream in pieces that hold whole lines alone, each line with its `\n`; one is added to the last if it has none. Bytes are
 * copied only where a line lies across pieces of the stream. A piece is valid until the next one is asked for.
 * @throws LineTooLong where nobody is told of such a line
 */
export async function* wholeLines(
  chunks: AsyncIterable<Uint8Array>,
  limits: LineLimits = {},
): AsyncGenerator<Buffer> {
  const { maxLineBytes = MAX_LINE_BYTES } = limits;
  const begun = new BegunLine(maxLineBytes, limits.onTooLong);
  for await (const chunk of chunks) {
    for (const bytes of slices(chunk, maxLineBytes)) {
      const first = bytes.indexOf(NEWLINE);
      const start = begun.isEmpty ? 0 : first + 1;
      if (start > 0) {
        begun.add(bytes.subarray(0, first));
        yield* begun.end();
      }
      const end = bytes.lastIndexOf(NEWLINE) + 1;
      if (end > start) yield bytes.subarray(start, end);
      begun.add(bytes.subarray(end));
    }
  }
  yield* begun.end();
}

/** No slice holds a line within that is too long: only one that lies across slices may be. */
function* slices({ buffer, byteOffset, byteLength }: Uint8Array, size: number): Generator<Buffer> {
  for (let at = 0; at < byteLength; at += size) {
    yield Buffer.from(buffer, byteOffset + at, Math.min(size, byteLength - at));
  }
}

/** The pieces of a line whose end is still to come. */
class BegunLine {
  readonly #most: number;
  readonly #onTooLong: (() => void) | undefined;
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(most: number, onTooLong: (() => void) | undefined) {
    this.#most = most;
    this.#onTooLong = onTooLong;
  }

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  add(piece: Buffer): void {
    if (piece.length === 0) return;
    const wasTooLong = this.#bytes > this.#most;
    this.#bytes += piece.length;
    if (this.#bytes <= this.#most) {
      this.#pieces.push(piece);
      return;
    }
    // Of a line that is left out nothing is kept, however long it goes on.
    this.#pieces = [];
    if (this.#onTooLong === undefined) throw new LineTooLong(`A line has more than ${this.#most} bytes.`);
    if (!wasTooLong) this.#onTooLong();
  }

  /** The line, if one was begun and it is not too long. */
  *end(): Generator<Buffer> {
    const line = this.#pieces;
    this.#pieces = [];
    this.#bytes = 0;
    if (line.length > 0) yield Buffer.concat([...line, Buffer.of(NEWLINE)]);
  }
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
