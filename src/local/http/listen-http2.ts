import { createServer as createHttp1, type RequestListener } from 'node:http';
import { createServer as createHttp2, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { type AddressInfo, createServer as createTcp, type Socket } from 'node:net';
import type { Endpoint, Intercept } from './listen.ts';

/** How every HTTP/2 connection without TLS begins. */
const PREFACE = Buffer.from('PRI * HTTP/2');

type Http2Listener = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

/**
 * Listens on 127.0.0.1 for HTTP/1.1 and for HTTP/2 without TLS, on one port. The SDK calls services that stream in both
 * directions by HTTP/2, all of their operations included, and knows by itself that they speak it.
 */
export async function listenHttp2(
  served: RequestListener,
  port = 0,
  intercept: Intercept = (handler) => handler,
): Promise<Endpoint> {
  const handler = intercept(served);
  const http1 = createHttp1({ keepAliveTimeout: 65_000, requestTimeout: 0 }, handler);
  // Node's requests and responses of HTTP/2 have what a handler uses of those of HTTP/1.1.
  const http2 = createHttp2(handler as unknown as Http2Listener);
  const sockets = new Set<Socket>();
  const server = createTcp((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // Until a server takes it over, nobody else would hear of a connection that breaks.
    socket.once('error', () => socket.destroy());
    socket.once('readable', () => {
      const beginning = socket.read() as Buffer | null;
      if (beginning === null) return;
      socket.unshift(beginning);
      (isPreface(beginning) ? http2 : http1).emit('connection', socket);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Clients write the preface, or the whole head of a request, at once, and loopback does not cut so little in pieces. */
function isPreface(beginning: Buffer): boolean {
  return beginning.subarray(0, PREFACE.length).equals(PREFACE);
}
