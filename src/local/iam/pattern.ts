import { type Context, isKnownKey } from './context.ts';
import { type Place, policyError } from './policy-error.ts';

/**
 * How a text of a policy is compared: character by character, with `*` and `?`, as the ARN of a Resource element, or as
 * an ARN in a condition, each of whose six parts is compared on its own.
 */
export type Syntax = 'exact' | 'glob' | 'resource' | 'arn';

export interface Pattern {
  readonly text: string;
  matches(value: string, context: Context): boolean;
}

export interface PatternOptions {
  readonly syntax: Syntax;
  readonly ignoreCase?: boolean;
  /** False where `${…}` stands for itself: in actions, and in policies of the first version. */
  readonly variables: boolean;
}

type Part = string | { readonly key: string; readonly fallback: string | undefined };

/** Stand for characters that are to be met as themselves while a text is being put together. */
const LITERAL = { '*': '\uE000', '?': '\uE001' } as const;

/** @throws PolicyError for a variable that requests do not have, and for what is no ARN */
export function compilePattern(text: string, options: PatternOptions, place: Place): Pattern {
  const parts = options.variables ? partsOf(text, place) : [text];
  assertArn(text, options.syntax, place);
  if (parts.every((part) => typeof part === 'string')) {
    const test = matcherOf(parts.join(''), options);
    return { text, matches: test };
  }
  return {
    text,
    matches: (value, context) => {
      const resolved = resolve(parts, context);
      return resolved !== undefined && matcherOf(resolved, options)(value);
    },
  };
}

const VARIABLE = /\$\{([^}]*)\}/;
const REFERENCE = /^([\w:/.-]+)(?:\s*,\s*'([^']*)')?$/;

function partsOf(text: string, place: Place): readonly Part[] {
  return text.split(VARIABLE).map((part, index) => (index % 2 === 0 ? part : variable(part, place)));
}

/** `${*}`, `${?}` and `${$}` are the characters themselves; `${key, 'default'}` has a text for requests without the key. */
function variable(body: string, place: Place): Part {
  if (body === '*' || body === '?') return LITERAL[body];
  if (body === '$') return '$';
  const [, key, fallback] = REFERENCE.exec(body.trim()) ?? [];
  if (key !== undefined && isKnownKey(key)) return { key: key.toLowerCase(), fallback };
  throw policyError(place, 'hold variables that the local AWS knows only', `\${${body}}`);
}

/** Undefined where the request lacks a key: then the text matches nothing. */
function resolve(parts: readonly Part[], context: Context): string | undefined {
  const texts: string[] = [];
  for (const part of parts) {
    if (typeof part === 'string') texts.push(part);
    else {
      const value = context.get(part.key) ?? part.fallback;
      if (typeof value !== 'string') return undefined;
      texts.push(value.replaceAll('*', LITERAL['*']).replaceAll('?', LITERAL['?']));
    }
  }
  return texts.join('');
}

function matcherOf(text: string, { syntax, ignoreCase = false }: PatternOptions): (value: string) => boolean {
  if (syntax === 'exact') return exactly(literally(text), ignoreCase);
  if ((syntax === 'resource' || syntax === 'arn') && text === '*') return () => true;
  const source = syntax === 'glob' ? globSource(text, ANYTHING) : arnSource(text, syntax);
  const expression = new RegExp(`^${source}$`, ignoreCase ? 'iu' : 'u');
  return (value) => expression.test(value);
}

function exactly(text: string, ignoreCase: boolean): (value: string) => boolean {
  if (!ignoreCase) return (value) => value === text;
  const lower = text.toLowerCase();
  return (value) => value.toLowerCase() === lower;
}

function literally(text: string): string {
  return text.replaceAll(LITERAL['*'], '*').replaceAll(LITERAL['?'], '?');
}

const ANYTHING = '[^]';
const WITHIN_PART = '[^:]';

function globSource(text: string, any: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}/\uE000\uE001]/g, (character) => {
    if (character === '*') return `${any}*`;
    if (character === '?') return any;
    return `\\${literally(character)}`;
  });
}

/** An ARN has six parts, of which the last, the resource, may hold colons. */
const ARN_PARTS = 6;

/**
 * In a Resource element an asterisk at the end of a part goes on beyond its colon, and parts that are left out are any
 * (page "IAM JSON policy elements: Resource"); in a condition every part is compared by itself.
 */
function arnSource(text: string, syntax: 'resource' | 'arn'): string {
  const parts = text.split(':');
  const head = parts.slice(0, ARN_PARTS - 1);
  const tail = parts.slice(ARN_PARTS - 1).join(':');
  const missing = parts.length < ARN_PARTS ? '*' : tail;
  const sources = head.map((part) => {
    const open = syntax === 'resource' && part.endsWith('*');
    return open ? `${globSource(part.slice(0, -1), WITHIN_PART)}${ANYTHING}*` : globSource(part, WITHIN_PART);
  });
  return [...sources, globSource(missing, ANYTHING)].join(':');
}

function assertArn(text: string, syntax: Syntax, place: Place): void {
  if (text === '*') return;
  if (syntax === 'resource' && !text.startsWith('arn:')) throw policyError(place, 'be * or an ARN', text);
  if (syntax === 'arn' && text.split(':').length < ARN_PARTS && !text.includes('${')) {
    throw policyError(place, 'be * or an ARN of six parts', text);
  }
}
