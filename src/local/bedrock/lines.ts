import { JobFailure } from './errors.ts';

/** Bounds what a line without an end can take of memory; InvokeModel takes no larger body. */
const MAX_LINE_BYTES = 25_000_000;

/**
 * The lines of a stream, without their ends. Splits at `\n` only: node:readline would also split at U+2028, which JSON
 * strings may hold as it is.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      yield decode([...parts, chunk.subarray(from, end)]);
      parts = [];
      held = 0;
      from = end + 1;
    }
    const rest = chunk.subarray(from);
    held += rest.length;
    if (held > MAX_LINE_BYTES) throw new JobFailure(`A record is larger than ${MAX_LINE_BYTES} bytes.`);
    if (rest.length > 0) parts.push(rest);
  }
  if (parts.length > 0) yield decode(parts);
}

function decode(parts: readonly Uint8Array[]): string {
  return Buffer.concat(parts).toString('utf8');
}
