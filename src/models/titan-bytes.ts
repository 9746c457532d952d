import type { AnswerScratch } from './answer-scratch.ts';
import { readFloat32 } from './float32-bytes.ts';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  countAt,
  firstElement,
  firstMember,
  holds,
  type Json,
  memberValue,
  NULL,
  nextElement,
  nextMember,
  QUOTE,
  quoted,
  skipValue,
} from './json-bytes.ts';
import type { ExtractedAnswer } from './types.ts';

const EMBEDDING = quoted('embedding');
const TOKEN_COUNT = quoted('inputTextTokenCount');
const FLOAT_BYTES = 4;

/** The vector of the output at a place, as floats in the scratch. */
export function extractVector(json: Json, at: number, into: AnswerScratch): ExtractedAnswer | undefined {
  const { bytes, view } = json;
  const found = { floats: 0 };
  let inputTokens: number | null = null;
  let key = firstMember(bytes, at);
  while (bytes[key] === QUOTE) {
    const value = memberValue(bytes, key);
    let end: number;
    if (holds(bytes, key, EMBEDDING)) end = readFloats(json, value, into, found);
    else end = skipValue(bytes, value, view);
    if (holds(bytes, key, TOKEN_COUNT)) {
      inputTokens = holds(bytes, value, NULL) ? null : countAt(bytes, value, end);
      if (inputTokens === -1) return undefined;
    }
    key = nextMember(bytes, end);
  }
  if (bytes[key] !== CLOSE_BRACE || found.floats === 0) return undefined;
  return {
    end: key + 1,
    length: found.floats * FLOAT_BYTES,
    stopReason: null,
    inputTokens,
    outputTokens: null,
  };
}

function readFloats(json: Json, at: number, into: AnswerScratch, found: { floats: number }): number {
  const { bytes } = json;
  let count = 0;
  let place = firstElement(bytes, at);
  while (place >= 0 && bytes[place] !== CLOSE_BRACKET) {
    into.reserve((count + 1) * FLOAT_BYTES);
    place = nextElement(bytes, readFloat32(json, place, into.floats, count));
    count++;
  }
  found.floats = count;
  return place < 0 ? -1 : place + 1;
}
