import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';
import { readBody } from '../http/listen.ts';
import { BedrockError } from './errors.ts';

export interface RestRequest {
  /** The path's captured segment, decoded: an id or a whole ARN. */
  readonly segment: string;
  readonly query: URLSearchParams;
  /** The JSON body, or undefined where there is none. */
  readonly body: unknown;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** Matches the raw path, for an encoded ARN holds `%2F`. */
  readonly path: RegExp;
  /** Returns the JSON of the answer; undefined is an empty body. */
  readonly answer: (request: RestRequest) => unknown;
}

/** InvokeModel takes no larger body, and no other operation needs one as large. */
const MAX_BODY_BYTES = 25_000_000;

/** Serves routes over the rest-json protocol; `malformed` is what a body that is not JSON is told. */
export function restJson(
  routes: readonly Route[],
  malformed = 'The request body is not well-formed JSON.',
): RequestListener {
  return (request, response) => {
    answerOf(request, routes, malformed).then(
      (body) => send(response, 200, body),
      (error: unknown) => sendError(response, error),
    );
  };
}

async function answerOf(
  request: IncomingMessage,
  routes: readonly Route[],
  malformed: string,
): Promise<unknown> {
  const [path = '', query] = (request.url ?? '').split('?', 2);
  for (const route of routes) {
    const match = route.method === request.method ? route.path.exec(path) : null;
    if (match === null) continue;
    await refuseLargeBody(request);
    const body = parseBody(await readBody(request), malformed);
    return route.answer({ segment: decodeSegment(match[1] ?? ''), query: new URLSearchParams(query), body });
  }
  const operation = `${request.method} ${path}`;
  throw new BedrockError('UnknownOperationException', `The local Bedrock does not support ${operation}.`);
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new BedrockError('ValidationException', `The path segment ${segment} is not well encoded.`);
  }
}

/** Such a body is let go by, not held: a client that could not send it to its end would not hear the answer. */
async function refuseLargeBody(request: IncomingMessage): Promise<void> {
  if (Number(request.headers['content-length'] ?? 0) <= MAX_BODY_BYTES) return;
  await finished(request.resume());
  throw new BedrockError('ValidationException', `The request body is larger than ${MAX_BODY_BYTES} bytes.`);
}

function parseBody(body: Buffer, malformed: string): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new BedrockError('ValidationException', malformed);
  }
}

function sendError(response: ServerResponse, error: unknown): void {
  const known = error instanceof BedrockError;
  const message = error instanceof Error ? error.message : String(error);
  response.setHeader('x-amzn-errortype', known ? error.name : 'InternalServerException');
  send(response, known ? error.httpStatus : 500, { message });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID() });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
