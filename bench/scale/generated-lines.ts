import type { ByteSource } from '../../src/data/byte-source.ts';

/** A file of lines that differ in a number alone, and so are all of one length: any byte of it is known without the others. */
export interface GeneratedLines {
  readonly header: Buffer;
  /** A line with its end; where the number stands in it, and how many digits it has. */
  readonly line: Buffer;
  readonly numberAt: number;
  readonly digits: number;
  readonly count: number;
  /** The number in line i. */
  readonly numberOf: (i: number) => number;
}

const BLOCK_BYTES = 1024 * 1024;
const DIGIT_0 = 0x30;

export function generatedBytes({ header, line, count }: GeneratedLines): number {
  return header.length + count * line.length;
}

/** A table of a size that no disk needs to hold. */
export function generatedSource(name: string, lines: GeneratedLines): ByteSource {
  const byteLength = generatedBytes(lines);
  const stream = (start: number, end = byteLength) =>
    generatedStream(lines, start, Math.min(end, byteLength));
  return {
    name,
    byteLength,
    stream,
    async slice(start, end) {
      const all: Buffer[] = [];
      for await (const bytes of stream(start, end)) all.push(bytes);
      return Uint8Array.from(Buffer.concat(all)).buffer;
    },
  };
}

/** Blocks of their own, as a file's would be. */
export async function* generatedStream(
  lines: GeneratedLines,
  start: number,
  end: number,
): AsyncGenerator<Buffer> {
  const { header, line } = lines;
  if (start < Math.min(end, header.length)) yield header.subarray(start, end);
  const many = Math.max(1, Math.floor(BLOCK_BYTES / line.length));
  const template = Buffer.concat(Array.from({ length: many }, () => line));
  for (let at = Math.max(start, header.length); at < end; ) {
    const first = Math.floor((at - header.length) / line.length);
    const firstAt = header.length + first * line.length;
    const block = Buffer.allocUnsafeSlow(template.length);
    template.copy(block);
    number(block, lines, first, Math.min(many, lines.count - first));
    const bytes = block.subarray(at - firstAt, end - firstAt);
    at += bytes.length;
    yield bytes;
  }
}

function number(
  block: Buffer,
  { line, numberAt, digits, numberOf }: GeneratedLines,
  first: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    let rest = numberOf(first + i);
    const last = i * line.length + numberAt + digits - 1;
    for (let k = 0; k < digits; k++, rest = Math.floor(rest / 10)) block[last - k] = DIGIT_0 + (rest % 10);
  }
}
