import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A running loopback endpoint, e.g. `http://127.0.0.1:4567` without a trailing slash. */
export interface Endpoint {
  readonly url: string;
  close(): Promise<void>;
}

/** Puts something before the listener of an endpoint. */
export type Intercept = (handler: RequestListener) => RequestListener;

const asItIs: Intercept = (handler) => handler;

/**
 * Listens on 127.0.0.1 (never `localhost`, which makes the SDK use virtual-host buckets), port 0 for any free one.
 * Keep-alive outlives the SDK's pooled sockets so that none is reset while it is being reused.
 */
export async function listen(
  handler: RequestListener,
  port = 0,
  intercept: Intercept = asItIs,
): Promise<Endpoint> {
  const server = createServer({ keepAliveTimeout: 65_000, requestTimeout: 0 }, intercept(handler));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** The access key id in the SigV4 Authorization header: who is calling. Signatures are not checked on loopback. */
export function accessKeyId(request: IncomingMessage): string | undefined {
  return /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1];
}

/** The session token among the credentials of the caller: each thread of a function has its own. */
export function sessionToken(request: IncomingMessage): string | undefined {
  return request.headers['x-amz-security-token']?.toString();
}
