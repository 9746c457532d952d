import { BedrockRuntimeClient, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Invocation, ModelInvoker } from '../steps/collaborators.ts';
import { isPassingFault } from './read-error.ts';

const JSON_TYPE = 'application/json';
const THROTTLED = 429;
/** Stands in for the status that a connection which broke did not bring. */
const UNAVAILABLE = 503;

export function bedrockModelInvoker(bedrock: BedrockRuntimeClient): ModelInvoker {
  return {
    async invoke(modelId, body, signal) {
      const command = new InvokeModelCommand({ modelId, body, contentType: JSON_TYPE, accept: JSON_TYPE });
      try {
        const answer = await bedrock.send(command, signal === undefined ? {} : { abortSignal: signal });
        return { body: answer.body.transformToString('utf8') };
      } catch (error) {
        if (signal?.aborted) throw error;
        return failureOf(error);
      }
    },
  };
}

interface Fault {
  readonly name?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** What Bedrock says of a record, as a batch job's output has it. @throws what says nothing of the record */
function failureOf(error: unknown): Invocation {
  const { name = 'Error', message = name, $metadata } = error as Fault;
  const status = $metadata?.httpStatusCode;
  // An answer that was cut off has a status that says nothing of that.
  if (isPassingFault(error) && (status === undefined || status < 400)) {
    return { errorCode: UNAVAILABLE, errorMessage: message, retryable: true };
  }
  if (status === undefined || status < 400) throw error;
  return {
    errorCode: status,
    errorMessage: message,
    ...(status === THROTTLED || status >= 500 ? { retryable: true } : {}),
  };
}

/** A long answer takes minutes; a connection on which nothing comes for longer is dead. */
const SILENCE_MS = 10 * 60_000;

/** One try a call: how long to wait for another is the step's decision. HTTP/1.1, as the SDK's other clients speak it. */
export function connectModelInvoker(): ModelInvoker {
  // The step bounds what it asks at a time; the SDK's own bound of 50 connections would only hide behind it.
  const agent = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY };
  const requestHandler = new NodeHttpHandler({
    connectionTimeout: 10_000,
    socketTimeout: SILENCE_MS,
    httpsAgent: agent,
    httpAgent: agent,
  });
  return bedrockModelInvoker(new BedrockRuntimeClient({ maxAttempts: 1, requestHandler }));
}
