import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import { type Intercept, listen } from '../http/listen.ts';
import { unwrapPresigned } from './presigned.ts';
import { asS3Error, errorReply, type Reply, send } from './reply.ts';
import { parseRequest, type S3Request } from './request.ts';
import { route } from './routes.ts';
import { Store } from './store.ts';

export interface S3Server {
  readonly url: string;
  /** Does nothing if the bucket exists, except that `versioned: true` turns versioning on. */
  createBucket(name: string, options?: { readonly versioned?: boolean }): Promise<void>;
  close(): Promise<void>;
}

export interface S3Options {
  /** Buckets and objects live here; one server at a time. */
  readonly directory: string;
  readonly clock: Clock;
  readonly port?: number;
  readonly intercept?: Intercept;
}

const nothingBetween: Intercept = (handler) => handler;

export async function startS3(options: S3Options): Promise<S3Server> {
  const { directory, clock, port, intercept = nothingBetween } = options;
  const store = await Store.open(directory, clock);
  const running = new Set<Promise<void>>();
  const answering: RequestListener = (message, response) => {
    const task = serve(store, message, response).finally(() => running.delete(task));
    running.add(task);
  };
  // Outermost: who stands between must find who calls, and for what, where other requests have it.
  const endpoint = await listen(answering, port, (handler) => unwrapped(intercept(handler), clock));
  return {
    url: endpoint.url,
    createBucket: async (name, { versioned = false } = {}) => {
      await store.createBucket(name, { versioned });
      if (versioned) await store.bucket(name).enableVersioning();
    },
    // Requests that were cut off may still be writing; the directory is free only after them.
    close: async () => {
      await endpoint.close();
      await Promise.all(running);
    },
  };
}

function unwrapped(handler: RequestListener, clock: Clock): RequestListener {
  return (message, response) => {
    try {
      unwrapPresigned(message, clock.now());
    } catch (error) {
      const refusal = errorReply(asS3Error(error), undefined);
      send(response, message.method ?? '', refusal).catch(() => response.destroy());
      message.resume();
      return;
    }
    handler(message, response);
  };
}

async function serve(store: Store, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const method = message.method ?? '';
  try {
    await send(response, method, await answer(store, message));
  } catch {
    // The client is gone, or the answer broke off half-way: cutting the connection is all that can tell it.
    response.destroy();
  }
  // What a refused upload still sends is read away, so that the connection can be used again.
  message.resume();
}

async function answer(store: Store, message: IncomingMessage): Promise<Reply> {
  let request: S3Request | undefined;
  try {
    request = parseRequest(message);
    return await route(request)(store, request);
  } catch (error) {
    return errorReply(asS3Error(error), request);
  }
}
