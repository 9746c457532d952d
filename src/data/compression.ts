import { Readable, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { BatchError } from '../errors.ts';

/** Compressed files by the ends of their names. None of them can be read from the middle. */
const decompressors: Readonly<Record<string, (name: string) => Transform>> = {
  '.gz': () => zlib.createGunzip(),
  '.zst': zstd,
};

/** Node.js has zstd since 22.15; the functions run on 24, a laptop may not. */
function zstd(name: string): Transform {
  const { createZstdDecompress } = zlib as { readonly createZstdDecompress?: () => Transform };
  if (createZstdDecompress !== undefined) return createZstdDecompress();
  throw new BatchError(
    'InvalidInput',
    `Cannot read ${name}: for zstd Node.js must be 22.15 or later, got ${process.versions.node}.`,
  );
}

/** `topics.csv.gz` → `topics.csv`; undefined for what is not compressed. */
export function uncompressedName(name: string): string | undefined {
  const ending = endingOf(name);
  return ending === undefined ? undefined : name.slice(0, -ending.length);
}

/** @throws BatchError InvalidInput for bytes that are not what the name says */
export async function* decompressed(
  name: string,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const decompressor = decompressors[endingOf(name) ?? '']?.(name);
  if (decompressor === undefined)
    throw new BatchError('Internal', `Cannot read ${name}: it is not compressed.`);
  const source = Readable.from(bytes);
  source.on('error', (error) => decompressor.destroy(error));
  try {
    yield* source.pipe(decompressor);
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    if (!/^(Z_|ZSTD_|ERR_ZSTD|ERR_ZLIB)/.test(code)) throw cause;
    throw new BatchError('InvalidInput', `Cannot read ${name}: its compression is damaged (${message}).`, {
      cause,
    });
  }
}

function endingOf(name: string): string | undefined {
  return Object.keys(decompressors).find((ending) => name.toLowerCase().endsWith(ending));
}
