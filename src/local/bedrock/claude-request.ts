import { foundationModelOf } from '../../models/catalog.ts';
import { type Body, isBody } from './simulator.ts';

/** The first fault of a value, worded as Bedrock words it with the place of the value. */
type Check = (value: unknown, where: string) => string | undefined;

/** What a body may hold and must look like, in the order in which faults are told. */
const FIELDS: Readonly<Record<string, Check>> = {
  anthropic_version: text,
  anthropic_beta: listOf(text),
  max_tokens: integerFrom(1),
  messages: messagesFault,
  system: systemFault,
  metadata: dictionary,
  stop_sequences: listOf(text),
  temperature: share,
  top_p: share,
  top_k: integerFrom(0),
  thinking: dictionary,
  tools: listOf(dictionary),
  tool_choice: dictionary,
  output_config: dictionary,
};
const REQUIRED = ['anthropic_version', 'max_tokens', 'messages'] as const;

const TAGS: readonly unknown[] = [
  ...['document', 'image', 'redacted_thinking', 'search_result'],
  ...['text', 'thinking', 'tool_result', 'tool_use'],
];

/** Before Opus 4.1 a model could be told both how to sample. */
const TAKES_BOTH = /^anthropic\.claude-(?:instant|v2|3|(?:opus|sonnet)-4-\d{8})/;

/** The first fault of the body of Anthropic's Messages for InvokeModel, in the words of Bedrock. */
export function claudeRequestFault(body: Body, modelId: string): string | undefined {
  const missing = REQUIRED.find((name) => body[name] === undefined);
  if (missing !== undefined) return `${missing}: Field required`;
  const extra = Object.keys(body).find((name) => FIELDS[name] === undefined);
  if (extra !== undefined) return `${extra}: Extra inputs are not permitted`;
  const faults = Object.entries(FIELDS).map(([name, check]) =>
    body[name] === undefined ? undefined : check(body[name], name),
  );
  return first(faults) ?? samplingFault(body, modelId);
}

function first(faults: readonly (string | undefined)[]): string | undefined {
  return faults.find((fault) => fault !== undefined);
}

function samplingFault({ temperature, top_p }: Body, modelId: string): string | undefined {
  if (temperature === undefined || top_p === undefined) return undefined;
  if (TAKES_BOTH.test(foundationModelOf(modelId).id)) return undefined;
  return '`temperature` and `top_p` cannot both be specified for this model. Please use only one.';
}

function messagesFault(messages: unknown, where: string): string | undefined {
  if (Array.isArray(messages) && messages.length === 0) return `${where}: at least one message is required`;
  return listOf(messageFault)(messages, where);
}

function messageFault(message: unknown, where: string): string | undefined {
  if (!isBody(message)) return dictionary(message, where);
  const { role, content } = message;
  if (role === undefined) return `${where}.role: Field required`;
  if (role !== 'user' && role !== 'assistant') return `${where}.role: Input should be 'user' or 'assistant'`;
  if (content === undefined) return `${where}.content: Field required`;
  return contentFault(content, `${where}.content`);
}

const EMPTY = 'messages: text content blocks must be non-empty';

function contentFault(content: unknown, where: string): string | undefined {
  if (typeof content === 'string') return content === '' ? EMPTY : undefined;
  if (!Array.isArray(content)) return `${where}: Input should be a valid string or list`;
  return listOf(blockFault)(content, where);
}

function blockFault(block: unknown, where: string): string | undefined {
  if (!isBody(block)) return dictionary(block, where);
  const { type, text: said, source } = block;
  if (type === undefined) return `${where}.type: Field required`;
  if (!TAGS.includes(type)) {
    const known = TAGS.map((tag) => `'${tag}'`).join(', ');
    return `${where}: Input tag '${type}' found using 'type' does not match any of the expected tags: ${known}`;
  }
  if (type === 'text') return said === '' ? EMPTY : textBlockFault(said, where);
  if (type !== 'image' || isBody(source)) return undefined;
  return `${where}.image.source: Field required`;
}

function textBlockFault(said: unknown, where: string): string | undefined {
  return said === undefined ? `${where}.text.text: Field required` : text(said, `${where}.text.text`);
}

function systemFault(system: unknown, where: string): string | undefined {
  if (typeof system === 'string') return undefined;
  if (!Array.isArray(system)) return `${where}: Input should be a valid string or list`;
  const systemBlockFault: Check = (block, place) =>
    isBody(block) && block['type'] === 'text'
      ? textBlockFault(block['text'], place)
      : `${place}.type: Input should be 'text'`;
  return listOf(systemBlockFault)(system, where);
}

function listOf(check: Check): Check {
  return (value, where) =>
    Array.isArray(value)
      ? first(value.map((one: unknown, index) => check(one, `${where}.${index}`)))
      : `${where}: Input should be a valid list`;
}

function text(value: unknown, where: string): string | undefined {
  return typeof value === 'string' ? undefined : `${where}: Input should be a valid string`;
}

function dictionary(value: unknown, where: string): string | undefined {
  return isBody(value) ? undefined : `${where}: Input should be a valid dictionary`;
}

function integerFrom(least: number): Check {
  return (value, where) => {
    if (!Number.isInteger(value)) return `${where}: Input should be a valid integer`;
    return Number(value) < least ? `${where}: Input should be greater than or equal to ${least}` : undefined;
  };
}

function share(value: unknown, where: string): string | undefined {
  if (typeof value !== 'number') return `${where}: Input should be a valid number`;
  if (value < 0) return `${where}: Input should be greater than or equal to 0`;
  return value > 1 ? `${where}: Input should be less than or equal to 1` : undefined;
}
