import { createHash } from 'node:crypto';
import { foundationModelOf } from '../../models/catalog.ts';
import { type RecordAnswer, recordError } from './answer-back-end.ts';
import { randomAlphanumerics, seededRandom } from './random.ts';
import { type Body, isBody, roughTokens } from './simulator.ts';

const FIELDS: ReadonlySet<string> = new Set([
  ...[
    'anthropic_version',
    'anthropic_beta',
    'max_tokens',
    'messages',
    'system',
    'metadata',
    'stop_sequences',
  ],
  ...['temperature', 'top_p', 'top_k', 'thinking', 'tools', 'tool_choice', 'output_config'],
]);

/** Anthropic Messages as InvokeModel takes and answers them. The text quotes the prompt, so that rows can be told apart. */
export function simulateClaude(body: Body, modelId: string): RecordAnswer {
  const fault = faultOf(body);
  if (fault !== undefined) return recordError(400, fault);
  const prompt = promptOf(body);
  // Prompts made from one template may begin alike; the digest tells them apart all the same.
  const digest = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  const text = `[simulated] ${digest.slice(0, 6)} in answer to: ${beginning(prompt)}`;
  const tokens = { input: roughTokens(prompt), output: roughTokens(text) };
  return {
    modelOutput: {
      model: modelNameOf(modelId),
      id: `msg_bdrk_01${randomAlphanumerics(seededRandom(digest), 22)}`,
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: tokens.input, output_tokens: tokens.output },
    },
    tokens,
  };
}

/** The first fault, as Bedrock words it. */
function faultOf(body: Body): string | undefined {
  const missing = ['anthropic_version', 'max_tokens', 'messages'].find((name) => body[name] === undefined);
  if (missing !== undefined) return `${missing}: Field required`;
  const extra = Object.keys(body).find((name) => !FIELDS.has(name));
  if (extra !== undefined) return `${extra}: Extra inputs are not permitted`;
  const maxTokens = body['max_tokens'];
  if (!Number.isInteger(maxTokens)) return 'max_tokens: Input should be a valid integer';
  if (Number(maxTokens) < 1) return 'max_tokens: Input should be greater than or equal to 1';
  const { messages } = body;
  if (!Array.isArray(messages)) return 'messages: Input should be a valid list';
  if (messages.length === 0) return 'messages: at least one message is required';
  return messages.map(messageFault).find((fault) => fault !== undefined);
}

function messageFault(message: unknown, index: number): string | undefined {
  const { role, content } = isBody(message) ? message : {};
  if (role === undefined) return `messages.${index}.role: Field required`;
  if (role !== 'user' && role !== 'assistant') {
    return `messages.${index}.role: Input should be 'user' or 'assistant'`;
  }
  if (content === undefined) return `messages.${index}.content: Field required`;
  if (typeof content !== 'string' && !Array.isArray(content)) {
    return `messages.${index}.content: Input should be a valid string or list`;
  }
  const empty = typeof content === 'string' ? content === '' : content.some(isEmptyText);
  return empty ? 'messages: text content blocks must be non-empty' : undefined;
}

function isEmptyText(block: unknown): boolean {
  return isBody(block) && block['type'] === 'text' && block['text'] === '';
}

function promptOf({ system, messages }: Body): string {
  const contents = (messages as readonly Body[]).map((message) => message['content']);
  return [system, ...contents]
    .map(textOf)
    .filter((text) => text !== '')
    .join('\n');
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  const blocks: readonly unknown[] = Array.isArray(content) ? content : [];
  return blocks
    .map((block) => (isBody(block) && typeof block['text'] === 'string' ? block['text'] : ''))
    .join('\n');
}

/** By code points, so that no surrogate pair is cut in two. */
function beginning(prompt: string, length = 120): string {
  const characters = Array.from(prompt.slice(0, 2 * length + 2));
  return characters.length > length ? `${characters.slice(0, length).join('')}…` : characters.join('');
}

/** `us.anthropic.claude-haiku-4-5-20251001-v1:0` → `claude-haiku-4-5-20251001`. */
function modelNameOf(modelId: string): string {
  return foundationModelOf(modelId)
    .id.replace(/^anthropic\./, '')
    .replace(/-v\d+(:\d+)?$/, '');
}
