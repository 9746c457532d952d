/**
 * JSON read where it lies, as UTF-8 bytes of a line. The byte behind the JSON must be a line end: neither a string nor blanks
 * within a line may hold one, so nothing here runs past it or needs to know a length.
 *
 * A place of -1 means "this is not JSON that I know": every function hands it on, so that callers look once, at the end, and
 * then ask `JSON.parse`.
 */

export const QUOTE = 0x22;
export const CLOSE_BRACE = 0x7d;
export const CLOSE_BRACKET = 0x5d;
const [TAB, CR, SPACE, COMMA, MINUS, POINT, ZERO, NINE] = [0x09, 0x0d, 0x20, 0x2c, 0x2d, 0x2e, 0x30, 0x39];
const [COLON, UPPER_E, OPEN_BRACKET, LOWER_E, OPEN_BRACE, PLUS] = [0x3a, 0x45, 0x5b, 0x65, 0x7b, 0x2b];
export const BACKSLASH = 0x5c;
export const LOWER_U = 0x75;

/** Deeper values are left to `JSON.parse`, which needs no stack for them. */
const MOST_LEVELS = 100;

/** Bytes, and the same bytes as words: strings and digits are looked at four bytes at a time. */
export interface Json {
  readonly bytes: Buffer;
  readonly view: DataView;
}

export function jsonIn(bytes: Buffer): Json {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

/** What follows a backslash, and the byte that both stand for; `\u` stands apart. */
export const escaped = new Uint8Array(256);
for (const [letter, byte] of Object.entries({
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}))
  escaped[letter.charCodeAt(0)] = byte.charCodeAt(0);

/** A string as it stands in JSON, for `holds`. */
export function quoted(text: string): Uint8Array {
  return Buffer.from(JSON.stringify(text));
}

export const NULL: Uint8Array = Buffer.from('null');
const TRUE: Uint8Array = Buffer.from('true');
const FALSE: Uint8Array = Buffer.from('false');

export function holds(json: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) if (json[at + i] !== wanted[i]) return false;
  return true;
}

export function skipBlanks(json: Uint8Array, at: number): number {
  let i = at;
  while (json[i] === SPACE || json[i] === TAB || json[i] === CR) i++;
  return i;
}

/** From an object's `{` to its first key, or to its `}`. */
export function firstMember(json: Uint8Array, at: number): number {
  if (json[at] !== OPEN_BRACE) return -1;
  const i = skipBlanks(json, at + 1);
  return json[i] === QUOTE || json[i] === CLOSE_BRACE ? i : -1;
}

/** From behind a member to the next key, or to the object's `}`. */
export function nextMember(json: Uint8Array, at: number): number {
  const i = skipBlanks(json, at);
  if (json[i] === CLOSE_BRACE) return i;
  if (json[i] !== COMMA) return -1;
  const key = skipBlanks(json, i + 1);
  return json[key] === QUOTE ? key : -1;
}

/** From a key to its value. A key with an escape is not known: it may be any name. */
export function memberValue(json: Uint8Array, key: number): number {
  return behindColon(json, skipPlainString(json, key));
}

function behindColon(json: Uint8Array, at: number): number {
  const i = skipBlanks(json, at);
  return json[i] === COLON ? skipBlanks(json, i + 1) : -1;
}

/** From an array's `[` to its first element, or to its `]`. */
export function firstElement(json: Uint8Array, at: number): number {
  return json[at] === OPEN_BRACKET ? skipBlanks(json, at + 1) : -1;
}

/** From behind an element to the next one, or to the array's `]`. */
export function nextElement(json: Uint8Array, at: number): number {
  const i = skipBlanks(json, at);
  if (json[i] === CLOSE_BRACKET) return i;
  if (json[i] !== COMMA) return -1;
  const element = skipBlanks(json, i + 1);
  return json[element] === CLOSE_BRACKET ? -1 : element;
}

/** With a view of the same bytes, strings are passed over four bytes at a time. */
export function skipValue(json: Uint8Array, at: number, view?: DataView, level = 0): number {
  switch (json[at]) {
    case QUOTE:
      return skipString(json, at, view);
    case OPEN_BRACE:
      return skipObject(json, at, view, level + 1);
    case OPEN_BRACKET:
      return skipArray(json, at, view, level + 1);
    case NULL[0]:
      return holds(json, at, NULL) ? at + NULL.length : -1;
    case TRUE[0]:
      return holds(json, at, TRUE) ? at + TRUE.length : -1;
    case FALSE[0]:
      return holds(json, at, FALSE) ? at + FALSE.length : -1;
    default:
      return skipNumber(json, at);
  }
}

function skipObject(json: Uint8Array, at: number, view: DataView | undefined, level: number): number {
  if (level > MOST_LEVELS) return -1;
  let key = firstMember(json, at);
  while (json[key] === QUOTE) {
    key = nextMember(json, skipValue(json, behindColon(json, skipString(json, key)), view, level));
  }
  return json[key] === CLOSE_BRACE ? key + 1 : -1;
}

function skipArray(json: Uint8Array, at: number, view: DataView | undefined, level: number): number {
  if (level > MOST_LEVELS) return -1;
  let element = firstElement(json, at);
  while (element >= 0 && json[element] !== CLOSE_BRACKET) {
    element = nextElement(json, skipValue(json, element, view, level));
  }
  return element < 0 ? -1 : element + 1;
}

export function skipString(json: Uint8Array, at: number, view?: DataView): number {
  if (json[at] !== QUOTE) return -1;
  let i = at + 1;
  for (;;) {
    if (view !== undefined) i = skipPlainWords(view, i);
    while ((json[i] as number) >= SPACE && json[i] !== QUOTE && json[i] !== BACKSLASH) i++;
    if (json[i] === QUOTE) return i + 1;
    if (json[i] !== BACKSLASH) return -1;
    i = skipEscape(json, i);
    if (i < 0) return -1;
  }
}

/** To the four bytes that hold the next quote, backslash or control character, or near the end. */
function skipPlainWords(view: DataView, at: number): number {
  let i = at;
  for (const last = view.byteLength - 8; i <= last; i += 8) {
    const first = endsIn(view.getInt32(i, true));
    if ((first | endsIn(view.getInt32(i + 4, true))) !== 0) return first !== 0 ? i : i + 4;
  }
  return i;
}

/** Not 0 where one of four bytes ends a run of plain text. A subtraction borrows from a byte's highest bit where it does, and nowhere before. */
function endsIn(word: number): number {
  const [quotes, backslashes] = [word ^ 0x22222222, word ^ 0x5c5c5c5c];
  return ((quotes - 0x01010101) | (backslashes - 0x01010101) | (word - 0x20202020)) & ~word & 0x80808080;
}

/** A string without escapes. */
export function skipPlainString(json: Uint8Array, at: number): number {
  if (json[at] !== QUOTE) return -1;
  let i = at + 1;
  for (;;) {
    const byte = json[i] as number;
    if (byte === QUOTE) return i + 1;
    if (byte === BACKSLASH || !(byte >= SPACE)) return -1;
    i++;
  }
}

function skipEscape(json: Uint8Array, at: number): number {
  const letter = json[at + 1] as number;
  if (letter === LOWER_U) return hexAt(json, at + 2) < 0 ? -1 : at + 6;
  return escaped[letter] === 0 ? -1 : at + 2;
}

/** The value of four hexadecimal digits, or -1. */
export function hexAt(json: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; i < at + 4; i++) {
    const byte = json[i] as number;
    const letter = byte | 0x20;
    if (byte >= ZERO && byte <= NINE) value = value * 16 + byte - ZERO;
    else if (letter >= 0x61 && letter <= 0x66) value = value * 16 + letter - 0x61 + 10;
    else return -1;
  }
  return value;
}

export function skipNumber(json: Uint8Array, at: number): number {
  let i = json[at] === MINUS ? at + 1 : at;
  const whole = i;
  i = skipDigits(json, i);
  if (i === whole || (json[whole] === ZERO && i > whole + 1)) return -1;
  if (json[i] === POINT) {
    const fraction = i + 1;
    i = skipDigits(json, fraction);
    if (i === fraction) return -1;
  }
  if (json[i] !== LOWER_E && json[i] !== UPPER_E) return i;
  i += json[i + 1] === PLUS || json[i + 1] === MINUS ? 2 : 1;
  const end = skipDigits(json, i);
  return end === i ? -1 : end;
}

function skipDigits(json: Uint8Array, at: number): number {
  let i = at;
  while ((json[i] as number) >= ZERO && (json[i] as number) <= NINE) i++;
  return i;
}

/** A count as models report it: digits alone, and few enough for 32 bits. -1 for any other number. */
export function countAt(json: Uint8Array, at: number, end: number): number {
  if (end - at > 9) return -1;
  let count = 0;
  for (let i = at; i < end; i++) {
    const byte = json[i] as number;
    if (byte < ZERO || byte > NINE) return -1;
    count = count * 10 + byte - ZERO;
  }
  return count;
}
