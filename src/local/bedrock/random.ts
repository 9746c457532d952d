import { createHash } from 'node:crypto';

/** Numbers in [0, 1). */
export type Random = () => number;

/** A repeatable sequence (mulberry32): good enough to shuffle and to make up vectors, and fast. */
export function seededRandom(seed: number | string): Random {
  let state =
    typeof seed === 'number' ? seed >>> 0 : createHash('sha256').update(seed).digest().readUInt32LE(0);
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const ALPHANUMERICS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export function randomAlphanumerics(random: Random, length: number): string {
  return Array.from({ length }, () => ALPHANUMERICS[Math.floor(random() * ALPHANUMERICS.length)]).join('');
}

/** Yields in random order while holding at most `window` items, so an item moves back any distance and ahead a little. */
export async function* shuffled<T>(items: AsyncIterable<T>, random: Random, window = 256): AsyncGenerator<T> {
  const held: T[] = [];
  for await (const item of items) {
    held.push(item);
    if (held.length > window) yield takeAny(held, random);
  }
  while (held.length > 0) yield takeAny(held, random);
}

function takeAny<T>(held: T[], random: Random): T {
  const index = Math.floor(random() * held.length);
  const [taken] = held.splice(index, 1, ...held.slice(-1));
  held.pop();
  return taken as T;
}
