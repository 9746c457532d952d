import type { AnswerScratch } from './answer-scratch.ts';
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
  skipPlainString,
  skipString,
  skipValue,
} from './json-bytes.ts';
import { unescapeText } from './json-text.ts';
import type { ExtractedAnswer } from './types.ts';

const CONTENT = quoted('content');
const STOP_REASON = quoted('stop_reason');
const USAGE = quoted('usage');
const INPUT_TOKENS = quoted('input_tokens');
const OUTPUT_TOKENS = quoted('output_tokens');
const TYPE = quoted('type');
const TEXT = quoted('text');
/** Those that need not become a new string for each record. */
const STOP_REASONS = ['end_turn', 'max_tokens', 'stop_sequence'].map((text) => ({
  text,
  json: quoted(text),
}));

/** Bytes that the answer takes in the scratch; -1 until it was found. */
interface Message {
  length: number;
  stopReason: string | null;
  inputTokens: number | null;
  outputTokens: number | null;
}

/** The message at a place, its text blocks joined in the scratch. */
export function extractMessage(json: Json, at: number, into: AnswerScratch): ExtractedAnswer | undefined {
  const { bytes, view } = json;
  const message: Message = { length: -1, stopReason: null, inputTokens: null, outputTokens: null };
  let key = firstMember(bytes, at);
  while (bytes[key] === QUOTE) {
    const value = memberValue(bytes, key);
    let end: number;
    if (holds(bytes, key, CONTENT)) end = readContent(json, value, into, message);
    else if (holds(bytes, key, STOP_REASON)) end = readStopReason(json, value, message);
    else if (holds(bytes, key, USAGE)) end = readUsage(json, value, message);
    else end = skipValue(bytes, value, view);
    key = nextMember(bytes, end);
  }
  return bytes[key] === CLOSE_BRACE && message.length >= 0 ? { ...message, end: key + 1 } : undefined;
}

function readContent(json: Json, at: number, into: AnswerScratch, message: Message): number {
  const { bytes } = json;
  message.length = 0;
  let block = firstElement(bytes, at);
  while (block >= 0 && bytes[block] !== CLOSE_BRACKET) {
    block = nextElement(bytes, readBlock(json, block, into, message));
  }
  return block < 0 ? -1 : block + 1;
}

/** Thinking and tool blocks carry no text, so only a block's type tells whether its text counts. */
function readBlock(json: Json, at: number, into: AnswerScratch, message: Message): number {
  const { bytes, view } = json;
  let [type, text, textEnd] = [-1, -1, -1];
  let key = firstMember(bytes, at);
  while (bytes[key] === QUOTE) {
    const value = memberValue(bytes, key);
    let end: number;
    if (holds(bytes, key, TYPE)) {
      type = value;
      end = skipPlainString(bytes, value);
    } else if (holds(bytes, key, TEXT)) {
      text = value;
      end = skipString(bytes, value, view);
      textEnd = end;
    } else end = skipValue(bytes, value, view);
    key = nextMember(bytes, end);
  }
  if (bytes[key] !== CLOSE_BRACE || type < 0) return -1;
  if (text >= 0 && holds(bytes, type, TEXT)) {
    into.reserve(message.length + textEnd - text);
    message.length = unescapeText(json, text + 1, textEnd - 1, into, message.length);
  }
  return message.length < 0 ? -1 : key + 1;
}

function readStopReason({ bytes }: Json, at: number, message: Message): number {
  message.stopReason = null;
  if (holds(bytes, at, NULL)) return at + NULL.length;
  const end = skipPlainString(bytes, at);
  if (end < 0) return end;
  const known = STOP_REASONS.find(({ json }) => holds(bytes, at, json));
  message.stopReason = known?.text ?? bytes.toString('utf8', at + 1, end - 1);
  return end;
}

function readUsage({ bytes, view }: Json, at: number, message: Message): number {
  let [input, output] = [-1, -1];
  if (!holds(bytes, at, NULL)) {
    let key = firstMember(bytes, at);
    while (bytes[key] === QUOTE) {
      const value = memberValue(bytes, key);
      const end = skipValue(bytes, value, view);
      if (holds(bytes, key, INPUT_TOKENS)) input = countAt(bytes, value, end);
      if (holds(bytes, key, OUTPUT_TOKENS)) output = countAt(bytes, value, end);
      key = nextMember(bytes, end);
    }
    if (bytes[key] !== CLOSE_BRACE || input < 0 || output < 0) return -1;
    [message.inputTokens, message.outputTokens] = [input, output];
    return key + 1;
  }
  [message.inputTokens, message.outputTokens] = [null, null];
  return at + NULL.length;
}
