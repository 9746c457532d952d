/** Bytes that are looked at one by one before a search is worth its call. */
const NEAR = 16;

/** The first place of a byte at or behind `at`; the length of the bytes if there is none. */
export function findByte(bytes: Buffer, byte: number, at: number): number {
  const { length } = bytes;
  const near = Math.min(at + NEAR, length);
  for (let i = at; i < near; i++) if (bytes[i] === byte) return i;
  const found = bytes.indexOf(byte, near);
  return found < 0 ? length : found;
}

/** The next place of one byte. It is remembered until it is passed, so a search never goes over the same bytes twice. */
export class ByteFinder {
  readonly #byte: number;
  #bytes: Buffer = Buffer.alloc(0);
  #found = -1;

  constructor(byte: number) {
    this.#byte = byte;
  }

  reset(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#found = -1;
  }

  /** The first place at or behind `at`, which never goes back; the length of the bytes if there is none. */
  from(at: number): number {
    if (this.#found >= at) return this.#found;
    const found = this.#bytes.indexOf(this.#byte, at);
    this.#found = found < 0 ? this.#bytes.length : found;
    return this.#found;
  }
}
