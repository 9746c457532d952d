import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { type Body, isBody, roughTokens } from '../simulator.ts';
import { type EndpointFamily, unreadableReply } from './endpoint-family.ts';

/** What Claude takes and the chat completions of OpenAI have no like of. */
const UNANSWERABLE: readonly string[] = ['tools', 'tool_choice', 'output_config'];

const STOP_REASONS: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  content_filter: 'refusal',
  tool_calls: 'tool_use',
};

const choice = z.object({
  message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
  finish_reason: z.string().nullish(),
});

const completion = z.object({
  id: z.string().optional(),
  choices: z.tuple([choice], z.unknown()),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish(),
});

/** Anthropic Messages as OpenAI's chat completions, and back. */
export const chatCompletions: EndpointFamily = {
  path: 'chat/completions',
  faultOf,

  requestOf: ({ body, model }) => ({
    model,
    messages: messagesOf(body),
    max_tokens: body['max_tokens'],
    temperature: body['temperature'],
    top_p: body['top_p'],
    // Not OpenAI's own, but vLLM and llama.cpp take it.
    top_k: body['top_k'],
    stop: body['stop_sequences'],
  }),

  answerOf(reply, { body, model }) {
    const parsed = completion.safeParse(reply);
    if (!parsed.success) return unreadableReply(parsed.error);
    const { id = `msg_${randomUUID()}`, choices, usage } = parsed.data;
    const [{ message, finish_reason }] = choices;
    const text = message.content || message.refusal || '';
    // Of a server that does not count, the totals are as rough as the simulated ones.
    const { prompt_tokens = roughTokens(promptOf(body)), completion_tokens = roughTokens(text) } =
      usage ?? {};
    return {
      modelOutput: {
        ...{ id, type: 'message', role: 'assistant', model },
        content: text === '' ? [] : [{ type: 'text', text }],
        stop_reason: stopReasonOf(finish_reason),
        stop_sequence: null,
        usage: { input_tokens: prompt_tokens, output_tokens: completion_tokens },
      },
      tokens: { input: prompt_tokens, output: completion_tokens },
    };
  },
};

/** A reason that has no name of Claude's keeps its own. */
function stopReasonOf(finishReason: string | null | undefined): string | null {
  if (finishReason === null || finishReason === undefined) return null;
  return STOP_REASONS[finishReason] ?? finishReason;
}

function faultOf(body: Body): string | undefined {
  const { thinking, system } = body;
  const field = UNANSWERABLE.find((name) => body[name] !== undefined);
  if (field !== undefined) return `${field}: a model endpoint cannot be asked for it`;
  if (isBody(thinking) && thinking['type'] !== 'disabled') {
    return 'thinking: a model endpoint cannot be asked for it';
  }
  const systemFault = system === undefined ? undefined : contentFault('system', system);
  const contents = (body['messages'] as readonly Body[]).map(({ content }, index) =>
    contentFault(`messages.${index}.content`, content),
  );
  return [systemFault, ...contents].find((fault) => fault !== undefined);
}

/** The form of blocks was looked at before: only their kinds are. */
function contentFault(where: string, content: unknown): string | undefined {
  const blocks: readonly Body[] = Array.isArray(content) ? content : [];
  const index = blocks.findIndex(({ type }) => type !== 'text');
  if (index === -1) return undefined;
  return `${where}.${index}: a model endpoint is asked text alone, got a block of type ${blocks[index]?.['type']}`;
}

function messagesOf({ system, messages }: Body): readonly Body[] {
  const first = system === undefined ? [] : [{ role: 'system', content: textOf(system) }];
  const others = (messages as readonly Body[]).map(({ role, content }) => ({
    role,
    content: textOf(content),
  }));
  return [...first, ...others];
}

/** One text, for not every server takes a list of them. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return (content as readonly Body[]).map(({ text }) => text).join('\n');
}

function promptOf(body: Body): string {
  return messagesOf(body)
    .map(({ content }) => content)
    .join('\n');
}
