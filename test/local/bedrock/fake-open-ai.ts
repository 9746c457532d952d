import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AnswerBackEnd, RecordAnswer } from '../../../src/local/bedrock/answer-back-end.ts';
import {
  connectModelEndpoint,
  type ModelEndpoint,
  type ModelEndpointOptions,
} from '../../../src/local/bedrock/model-endpoint/model-endpoint.ts';
import { type Endpoint, listen, readBody } from '../../../src/local/http/listen.ts';

export const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
export const TITAN = 'amazon.titan-embed-text-v2:0';

export interface Received {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** What is sent, as JSON unless it is a text; with nothing, the answer is left as it stands. */
export type Answer = (request: Received, response: ServerResponse) => unknown;

/** An OpenAI-compatible server whose answers a test decides. It lists two models unless told otherwise. */
export class FakeOpenAi {
  readonly received: Received[] = [];
  list: Answer = () => ({ object: 'list', data: [{ id: 'llama3.2' }, { id: 'qwen3' }] });
  answer: Answer = () => undefined;
  readonly #endpoint: Promise<Endpoint> = listen(async (request, response) => {
    const text = (await readBody(request)).toString();
    const { method, url: path, headers } = request;
    const received = { method, path, headers, body: text === '' ? undefined : JSON.parse(text) };
    this.received.push(received);
    const said = await (path === '/v1/models' ? this.list : this.answer)(received, response);
    if (said !== undefined) response.end(typeof said === 'string' ? said : JSON.stringify(said));
  });

  async url(): Promise<string> {
    return `${(await this.#endpoint).url}/v1`;
  }

  async connected(options: Partial<ModelEndpointOptions> = {}): Promise<ModelEndpoint> {
    return connectModelEndpoint({ url: await this.url(), ...options });
  }

  async asked(
    modelId: string,
    modelInput: unknown,
    options: Partial<ModelEndpointOptions> = {},
  ): Promise<RecordAnswer> {
    return ask((await this.connected(options)).backEnd, modelId, modelInput);
  }

  async close(): Promise<void> {
    await (await this.#endpoint).close();
  }
}

export function ask(
  backEnd: AnswerBackEnd,
  modelId: string,
  modelInput: unknown,
  signal = new AbortController().signal,
): Promise<RecordAnswer> {
  return backEnd.answer({ modelId, invocationType: 'InvokeModel', modelInput }, signal);
}

export function completion(content: string | null, finish_reason = 'stop') {
  return {
    id: 'chatcmpl-7',
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason }],
    usage: { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 },
  };
}

export function failing(status: number, body: unknown): Answer {
  return (_, response) => {
    response.statusCode = status;
    return body;
  };
}
