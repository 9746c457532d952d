/**
 * UTF-8 byte order without encoding: UTF-16 units compare alike, except that surrogates (code points past U+FFFF)
 * must sort behind U+E000–U+FFFF.
 */
export function compareKeys(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i += 1) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return byteRank(x) - byteRank(y);
  }
  return a.length - b.length;
}

function byteRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** The keys of a bucket in the order in which S3 lists them. */
export class SortedKeys {
  readonly #keys: string[];

  constructor(keys: readonly string[] = []) {
    this.#keys = [...keys].sort(compareKeys);
  }

  at(index: number): string | undefined {
    return this.#keys[index];
  }

  add(key: string): void {
    const index = this.firstAtOrAfter(key);
    if (this.#keys[index] !== key) this.#keys.splice(index, 0, key);
  }

  remove(key: string): void {
    const index = this.firstAtOrAfter(key);
    if (this.#keys[index] === key) this.#keys.splice(index, 1);
  }

  firstAtOrAfter(key: string): number {
    return this.#first((candidate) => compareKeys(candidate, key) >= 0);
  }

  firstAfter(key: string): number {
    return this.#first((candidate) => compareKeys(candidate, key) > 0);
  }

  /** Keys that share a prefix stand together; this is where they end. */
  firstAfterPrefix(prefix: string): number {
    return this.#first((key) => compareKeys(key, prefix) > 0 && !key.startsWith(prefix));
  }

  /** Binary search; `reached` must be false for a front of the keys and true for the rest. */
  #first(reached: (key: string) => boolean): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (reached(this.#keys[middle] ?? '')) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
