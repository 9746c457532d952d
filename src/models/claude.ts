import * as z from 'zod';
import { extractMessage } from './claude-bytes.ts';
import type { ModelFamily } from './types.ts';

/** Room for an answer of about 750 words. A longer one ends with `stop_reason` = `max_tokens`. */
const MAX_TOKENS = 1024;

const modelOutput = z.object({
  content: z.array(z.object({ type: z.string(), text: z.string().optional() })),
  stop_reason: z.string().nullish(),
  usage: z.object({ input_tokens: z.number(), output_tokens: z.number() }).nullish(),
});

/** Anthropic Messages on Bedrock: the InvokeModel body, without `model` or `stream`, which a batch record must not hold. */
export const claude: ModelFamily = {
  name: 'Anthropic Claude (anthropic.claude-*)',
  answers: 'response',

  encode: (text) => ({
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: MAX_TOKENS,
    messages: [{ role: 'user', content: [{ type: 'text', text }] }],
  }),

  decode(output) {
    const parsed = modelOutput.safeParse(output);
    if (!parsed.success) return { unreadable: z.prettifyError(parsed.error) };
    const { content, stop_reason, usage } = parsed.data;
    return {
      // Thinking and tool blocks carry no text; a refusal may have no block at all.
      response: content.map((block) => (block.type === 'text' ? (block.text ?? '') : '')).join(''),
      embedding: null,
      stopReason: stop_reason ?? null,
      inputTokens: usage?.input_tokens ?? null,
      outputTokens: usage?.output_tokens ?? null,
    };
  },
  extract: extractMessage,
};
