import { catalogEntryOf } from '../../models/catalog.ts';
import { type AnswerRequest, type RecordAnswer, recordError } from './answer-back-end.ts';
import { CONVERSE } from './constraints.ts';
import { type Body, isBody } from './simulator.ts';
import { violation } from './validation.ts';

/** Of the members of Converse those that are answered; a request's metadata is for logs only. */
const MEMBERS: ReadonlySet<string> = new Set([
  ...['messages', 'system', 'inferenceConfig', 'additionalModelRequestFields', 'requestMetadata'],
]);

/** Converse says the most that the model can; Claude must be told a number, and each of its models can say this much. */
const DEFAULT_MAX_TOKENS = 4096;

const WRONG_MODEL =
  "This action doesn't support the model that you provided. Try again with a supported text or chat model.";

type Refusal = Extract<RecordAnswer, { error: unknown }>;

/** A request of the Converse type as the InvokeModel request of its family, or why it cannot be one. */
export function invocationOf(request: AnswerRequest): AnswerRequest | Refusal {
  const { modelId, modelInput } = request;
  if (catalogEntryOf(modelId)?.family !== 'claude') return refusal(WRONG_MODEL);
  const fault = violation(modelInput, CONVERSE) ?? unsupported(modelInput as Body);
  if (fault !== undefined) return refusal(fault);
  return { ...request, invocationType: 'InvokeModel', modelInput: claudeBody(modelInput as Conversation) };
}

function refusal(message: string): Refusal {
  return { error: { errorCode: 400, errorMessage: message } };
}

function unsupported(request: Body): string | undefined {
  const member = Object.keys(request).find((name) => !MEMBERS.has(name));
  if (member !== undefined) return `${member}: the local Bedrock does not converse with it`;
  const { messages = [], system = [] } = request as unknown as Conversation;
  const blocks = messages.flatMap(({ content }, index) => placed(content, `messages.${index}.content`));
  const strange = [...blocks, ...placed(system, 'system')].find(
    ({ block }) => claudeBlock(block) === undefined,
  );
  if (strange === undefined) return undefined;
  const [kind = 'nothing'] = Object.keys(strange.block);
  return `${strange.where}: the local Bedrock converses in text and images alone, got a block of ${kind}`;
}

function placed(blocks: readonly Body[], where: string) {
  return blocks.map((block, index) => ({ block, where: `${where}.${index}` }));
}

/** What the constraints leave possible. */
interface Conversation {
  readonly messages?: readonly { readonly role: string; readonly content: readonly Body[] }[];
  readonly system?: readonly Body[];
  readonly inferenceConfig?: {
    readonly maxTokens?: number;
    readonly temperature?: number;
    readonly topP?: number;
    readonly stopSequences?: readonly string[];
  };
  readonly additionalModelRequestFields?: Body;
}

function claudeBody(request: Conversation): Body {
  const { messages = [], system, inferenceConfig: sampling = {}, additionalModelRequestFields } = request;
  return {
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: sampling.maxTokens ?? DEFAULT_MAX_TOKENS,
    messages: messages.map(({ role, content }) => ({ role, content: content.map(claudeBlock) })),
    system: system?.map(claudeBlock),
    temperature: sampling.temperature,
    top_p: sampling.topP,
    stop_sequences: sampling.stopSequences,
    ...additionalModelRequestFields,
  };
}

function claudeBlock({ text, image }: Body): Body | undefined {
  if (typeof text === 'string') return { type: 'text', text };
  if (!isBody(image) || !isBody(image['source'])) return undefined;
  const { bytes } = image['source'];
  if (typeof bytes !== 'string' || typeof image['format'] !== 'string') return undefined;
  return { type: 'image', source: { type: 'base64', media_type: `image/${image['format']}`, data: bytes } };
}

/** What Converse says of the family's answer to `invocationOf` a request. */
export function conversed(answer: RecordAnswer): RecordAnswer {
  if ('error' in answer) {
    const { errorCode, errorMessage } = answer.error;
    if (errorCode !== 400) return answer;
    return recordError(errorCode, `The model returned the following errors: ${errorMessage}`);
  }
  const { tokens } = answer;
  const { content, stop_reason: reason } = answer.modelOutput as Spoken;
  const said = content.map(({ text }) => ({ text }));
  return {
    modelOutput: {
      output: { message: { role: 'assistant', content: said } },
      stopReason: reason === 'refusal' ? 'content_filtered' : (reason ?? 'end_turn'),
      usage: {
        inputTokens: tokens.input,
        outputTokens: tokens.output,
        totalTokens: tokens.input + tokens.output,
      },
    },
    tokens,
  };
}

/** Of Claude's answer, which holds text alone here. */
interface Spoken {
  readonly content: readonly { readonly text: string }[];
  readonly stop_reason: string | null;
}
