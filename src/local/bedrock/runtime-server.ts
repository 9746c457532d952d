import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { catalogEntryOf, foundationModelOf } from '../../models/catalog.ts';
import type { Clock } from '../clock.ts';
import type { RecordFaults } from '../faults/record-faults.ts';
import type { Endpoint, Intercept } from '../http/listen.ts';
import { listenHttp2 } from '../http/listen-http2.ts';
import type { AnswerBackEnd, AnswerRequest, RecordAnswer } from './answer-back-end.ts';
import type { AnswerLedger } from './answer-ledger.ts';
import { INVOKE_MODEL } from './constraints.ts';
import { BedrockError, type BedrockErrorName } from './errors.ts';
import { InvocationGate, type InvocationOptions } from './invocation-faults.ts';
import { faultyAnswer } from './run-records.ts';
import { simulatedBackEnd } from './simulate.ts';
import { assertMembers } from './validation.ts';
import { type Route, restJson } from './wire.ts';

export interface BedrockRuntimeOptions {
  readonly clock: Clock;
  readonly port?: number;
  readonly intercept?: Intercept;
  /** The one that answers batch jobs, so that a record is answered alike on both ways. */
  readonly backEnd?: AnswerBackEnd;
  readonly invocations?: InvocationOptions;
  /** Those that befall the records of jobs. */
  readonly recordFaults?: RecordFaults;
  /** Told of each content that was answered. */
  readonly ledger?: AnswerLedger | undefined;
}

/** InvokeModel and Converse on loopback, as `@aws-sdk/client-bedrock-runtime` speaks it. */
export async function startBedrockRuntime(options: BedrockRuntimeOptions): Promise<Endpoint> {
  const { clock, port, intercept, backEnd = simulatedBackEnd, invocations = {} } = options;
  const gate = new InvocationGate(invocations);
  const closing = new AbortController();
  // Every invocation under way listens.
  setMaxListeners(0, closing.signal);
  const answer = answers(options, backEnd, closing.signal);
  const invoke = async (request: AnswerRequest): Promise<unknown> => {
    const { modelId } = request;
    assertMembers({ modelId }, INVOKE_MODEL);
    refuseModel(modelId);
    return gate.pass(async () => {
      if (invocations.latencyMs !== undefined) await clock.sleep(invocations.latencyMs, closing.signal);
      return answer(request);
    });
  };
  const routes = invocationRoutes(invoke, clock);
  const endpoint = await listenHttp2(restJson(routes, MALFORMED), port, intercept);
  return {
    url: endpoint.url,
    close: async () => {
      closing.abort(new Error('The local Bedrock is closing.'));
      await endpoint.close();
    },
  };
}

function invocationRoutes(
  invoke: (request: AnswerRequest) => Promise<unknown>,
  clock: Clock,
): readonly Route[] {
  return [
    {
      method: 'POST',
      path: /^\/model\/([^/]+)\/invoke$/,
      answer: ({ segment: modelId, body: modelInput }) =>
        invoke({ modelId, invocationType: 'InvokeModel', modelInput }),
    },
    {
      method: 'POST',
      path: /^\/model\/([^/]+)\/converse$/,
      answer: async ({ segment: modelId, body: modelInput }) => {
        const from = clock.now();
        const answer = await invoke({ modelId, invocationType: 'Converse', modelInput });
        return { ...(answer as object), metrics: { latencyMs: Math.round(clock.now() - from) } };
      },
    },
  ];
}

/** Answers one body after the other, but for those that a fault befalls. */
function answers(
  { recordFaults, ledger }: BedrockRuntimeOptions,
  backEnd: AnswerBackEnd,
  signal: AbortSignal,
) {
  let ordinal = 0;
  return async (request: AnswerRequest): Promise<unknown> => {
    const { modelInput } = request;
    ordinal++;
    const { errorCode, errorMessage } =
      recordFaults?.onDemand({ modelInput, ordinal, by: randomUUID() }) ?? {};
    if (errorCode !== undefined) return outputOf(faultyAnswer(errorCode, errorMessage));
    const output = outputOf(await backEnd.answer(request, signal));
    ledger?.addOnDemand(modelInput);
    return output;
  };
}

const MALFORMED = 'Malformed input request, please reformat your input and try again.';

/** A model of the catalog is called as it is served: by itself or through an inference profile. @throws BedrockError */
function refuseModel(modelId: string): void {
  const profiles = catalogEntryOf(modelId)?.profiles;
  const { profile } = foundationModelOf(modelId);
  if (profiles === undefined) {
    const message = 'Could not resolve the foundation model from the provided model identifier.';
    throw new BedrockError('ResourceNotFoundException', message);
  }
  if (profiles === 'required' && !profile) {
    const advice = 'Retry your request with the ID or ARN of an inference profile that contains this model.';
    const message = `Invocation of model ID ${modelId} with on-demand throughput isn’t supported. ${advice}`;
    throw new BedrockError('ValidationException', message);
  }
  if (profiles === 'none' && profile) {
    throw new BedrockError('ValidationException', 'The provided model identifier is invalid.');
  }
}

/** A record's error code in a batch job is the HTTP status of the same body here. */
const NAMES: Readonly<Record<number, BedrockErrorName>> = {
  400: 'ValidationException',
  404: 'ResourceNotFoundException',
  408: 'ModelTimeoutException',
  424: 'ModelErrorException',
  429: 'ThrottlingException',
  503: 'ServiceUnavailableException',
};

function outputOf(answer: RecordAnswer): unknown {
  if (!('error' in answer)) return answer.modelOutput;
  const { errorCode, errorMessage } = answer.error;
  throw new BedrockError(
    NAMES[errorCode] ?? (errorCode < 500 ? 'ValidationException' : 'InternalServerException'),
    errorMessage,
  );
}
