import { createHash } from 'node:crypto';
import { foundationModelOf } from '../../models/catalog.ts';
import { type RecordAnswer, recordError } from './answer-back-end.ts';
import { claudeRequestFault } from './claude-request.ts';
import { randomAlphanumerics, seededRandom } from './random.ts';
import { type Body, isBody, roughTokens } from './simulator.ts';

/** Anthropic Messages as InvokeModel takes and answers them. The text quotes the prompt, so that rows can be told apart. */
export function simulateClaude(body: Body, modelId: string): RecordAnswer {
  const fault = claudeRequestFault(body, modelId);
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
