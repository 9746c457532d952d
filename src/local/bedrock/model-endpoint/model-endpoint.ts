import * as z from 'zod';
import { catalogEntryOf, type FamilyName } from '../../../models/catalog.ts';
import { LocalAwsError } from '../../local-aws-error.ts';
import {
  type AnswerBackEnd,
  type AnswerRequest,
  type RecordAnswer,
  recordError,
} from '../answer-back-end.ts';
import { conversed, invocationOf } from '../converse.ts';
import { simulate } from '../simulate.ts';
import { isBody } from '../simulator.ts';
import { chatCompletions } from './chat-completions.ts';
import { embeddings } from './embeddings.ts';
import type { EndpointFamily } from './endpoint-family.ts';
import { Limit } from './limit.ts';
import { OpenAiServer } from './open-ai-server.ts';

export interface ModelEndpointOptions {
  /** OpenAI's base URL, e.g. `http://127.0.0.1:11434/v1`. */
  readonly url: string;
  /** The first that the server lists, by default. */
  readonly model?: string | undefined;
  readonly apiKey?: string | undefined;
  /** Requests at a time, over all jobs and what is asked on demand; a whole number from 1. */
  readonly concurrency?: number | undefined;
  /** How long one answer may take, from when it is asked for. */
  readonly timeoutMs?: number;
}

export interface ModelEndpoint {
  readonly url: string;
  readonly model: string;
  readonly backEnd: AnswerBackEnd;
}

const FAMILIES = {
  claude: chatCompletions,
  'titan-text-embeddings-v2': embeddings,
} as const satisfies Record<FamilyName, EndpointFamily>;

const DISCOVERY_MS = 10_000;

const models = z.object({ data: z.tuple([z.object({ id: z.string().min(1) })], z.unknown()) });

/**
 * An OpenAI-compatible server that answers records in place of the models of Bedrock.
 * @throws LocalAwsError for a server that does not list its models, and for options that it cannot be asked by
 */
export async function connectModelEndpoint(options: ModelEndpointOptions): Promise<ModelEndpoint> {
  const { url, apiKey, concurrency = 8, timeoutMs = 60_000 } = options;
  assertBaseUrl(url);
  assertConcurrency(concurrency);
  const discovery = new OpenAiServer({ url, apiKey, timeoutMs: Math.min(timeoutMs, DISCOVERY_MS) });
  const listed = await firstModel(discovery, url);
  const model = options.model || listed;
  if (model === undefined)
    throw refused('--model-endpoint-model must name a model, for the server lists none');
  const server = new OpenAiServer({ url, apiKey, timeoutMs });
  return { url, model, backEnd: endpointBackEnd(server, model, concurrency) };
}

function assertBaseUrl(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isHttp = parsed?.protocol === 'http:' || parsed?.protocol === 'https:';
  if (
    parsed !== undefined &&
    isHttp &&
    url === url.replace(/[?#].*/, '') &&
    !parsed.username &&
    !parsed.password
  ) {
    return;
  }
  const example = 'such as http://127.0.0.1:11434/v1, without a user, a query or a fragment';
  throw refused(`--model-endpoint must be the base URL of an OpenAI-compatible server, ${example}`);
}

function assertConcurrency(concurrency: number): void {
  if (Number.isSafeInteger(concurrency) && concurrency > 0) return;
  throw refused(`--model-endpoint-concurrency must be a whole number from 1, got ${concurrency}`);
}

/** Asked for even when nobody needs it: a server that does not answer this will answer no record. */
async function firstModel(server: OpenAiServer, url: string): Promise<string | undefined> {
  const reply = await server.exchange({ path: 'models' });
  if ('json' in reply) return models.safeParse(reply.json).data?.data[0].id;
  const rule = '--model-endpoint must be the base URL of a server that lists its models at /models';
  throw refused(`${rule}; ${url} ${reply.why}`);
}

function refused(why: string): LocalAwsError {
  return new LocalAwsError(`Cannot start the run: ${why}.`);
}

function endpointBackEnd(server: OpenAiServer, model: string, concurrency: number): AnswerBackEnd {
  const limit = new Limit(concurrency);
  const invoke = async (request: AnswerRequest, signal: AbortSignal): Promise<RecordAnswer> => {
    const { family, body } = familyOf(request);
    const fault = family.faultOf(body);
    if (fault !== undefined) return recordError(400, fault);
    const asked = { body, model };
    const exchange = { path: family.path, body: family.requestOf(asked), signal };
    const reply = await limit.run(() => server.exchange(exchange), signal, !request.patient);
    if ('json' in reply) return family.answerOf(reply.json, asked);
    return recordError(reply.status, `The model endpoint ${reply.why}`);
  };
  return {
    atOnce: concurrency,
    async answer(request, signal) {
      // What the simulated Bedrock refuses is refused here, in the same words.
      const simulated = simulate(request);
      if ('error' in simulated) return simulated;
      if (request.invocationType === 'InvokeModel') return invoke(request, signal);
      const invocation = invocationOf(request);
      return 'error' in invocation ? invocation : conversed(await invoke(invocation, signal));
    },
  };
}

function familyOf({ modelId, modelInput: body }: AnswerRequest) {
  const family = catalogEntryOf(modelId)?.family;
  if (family === undefined || !isBody(body)) throw new Error(`Nothing can be asked of the model ${modelId}.`);
  return { family: FAMILIES[family], body };
}
