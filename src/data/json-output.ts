const PART_BYTES = 1024 * 1024;
/** Bytes of a cell between two looks at the room that is left; escaped they may be six times as many. */
const SLICE_BYTES = 4096;
const LONGEST_ESCAPE = 6;

const [BACKSLASH, LETTER_U, ZERO] = [0x5c, 0x75, 0x30];
const HEX = Buffer.from('0123456789abcdef');
const SHORT_ESCAPES = { '\b': 'b', '\t': 't', '\n': 'n', '\f': 'f', '\r': 'r', '"': '"', '\\': '\\' };

/** For each byte of UTF-8 the letter behind the backslash that stands for it in JSON, or 0 where it stands for itself. */
function escapeLetters(): Uint8Array {
  const letters = new Uint8Array(256).fill(LETTER_U, 0, 0x20);
  for (const [character, letter] of Object.entries(SHORT_ESCAPES)) {
    letters[character.charCodeAt(0)] = letter.charCodeAt(0);
  }
  return letters;
}

/** Not 0 where one of four bytes stands for itself in no JSON string: a quote, a backslash, a control character. */
function escapedIn(word: number): number {
  // Numbers here, not names: a bundle keeps a module's constants in memory, and this runs for every fourth byte.
  const quotes = (word ^ 0x22222222) - 0x01010101;
  const backslashes = (word ^ 0x5c5c5c5c) - 0x01010101;
  return (quotes | backslashes | (word - 0x20202020)) & ~word & 0x80808080;
}

/** Bytes gathered into parts that are handed out once and never written again: a consumer may keep them. */
export class JsonOutput {
  readonly #letters = escapeLetters();
  readonly #full: Uint8Array[] = [];
  #part: Buffer = Buffer.allocUnsafeSlow(PART_BYTES);
  #view = viewOf(this.#part);
  #source: Buffer = this.#part;
  #sourceView = this.#view;
  #at = 0;
  #before = 0;

  /** Bytes written so far. */
  get bytes(): number {
    return this.#before + this.#at;
  }

  /** Writes bytes as they are. */
  copy(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#part.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** Writes UTF-8 text as the inside of a JSON string, as `JSON.stringify` does. */
  escape(bytes: Buffer, start: number, end: number): void {
    if (bytes !== this.#source) [this.#source, this.#sourceView] = [bytes, viewOf(bytes)];
    for (let from = start; from < end; from += SLICE_BYTES) {
      const to = Math.min(end, from + SLICE_BYTES);
      this.#reserve((to - from) * LONGEST_ESCAPE);
      this.#escapeSlice(bytes, from, to);
    }
  }

  #escapeSlice(bytes: Buffer, start: number, end: number): void {
    const [source, view, part, letters] = [this.#sourceView, this.#view, this.#part, this.#letters];
    const lastWord = end - 4;
    let at = this.#at;
    for (let i = start; i < end; i++) {
      for (; i <= lastWord; i += 4, at += 4) {
        const word = source.getInt32(i, true);
        if (escapedIn(word) !== 0) break;
        view.setInt32(at, word, true);
      }
      for (; i < end && letters[bytes[i] as number] === 0; i++) part[at++] = bytes[i] as number;
      if (i < end) at = this.#escapeByte(bytes[i] as number, at);
    }
    this.#at = at;
  }

  #escapeByte(byte: number, start: number): number {
    const part = this.#part;
    const letter = this.#letters[byte] as number;
    let at = start;
    part[at++] = BACKSLASH;
    part[at++] = letter;
    if (letter !== LETTER_U) return at;
    part[at++] = ZERO;
    part[at++] = ZERO;
    part[at++] = HEX[byte >> 4] as number;
    part[at++] = HEX[byte & 15] as number;
    return at;
  }

  /** The parts that are full. */
  take(): readonly Uint8Array[] {
    return this.#full.length === 0 ? this.#full : this.#full.splice(0);
  }

  /** Everything that has not been taken. */
  finish(): readonly Uint8Array[] {
    if (this.#at > 0) this.#next(0);
    return this.take();
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes > this.#part.length) this.#next(Math.max(bytes, PART_BYTES));
  }

  #next(size: number): void {
    this.#full.push(this.#part.subarray(0, this.#at));
    this.#before += this.#at;
    this.#part = Buffer.allocUnsafeSlow(size);
    this.#view = viewOf(this.#part);
    this.#at = 0;
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
