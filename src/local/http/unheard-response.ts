import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/**
 * A response that a handler writes as any other, and that reaches nobody. `over` is called when the handler is through
 * with it, whether it ended or broke off.
 */
export function unheardResponse(request: IncomingMessage, over: () => void): ServerResponse {
  const nowhere = new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done) => done(),
    // It is never full: nobody would tell the response that it has drained, as a server does of a real socket.
    highWaterMark: Number.MAX_SAFE_INTEGER,
  });
  const response = new ServerResponse(request);
  // A response writes to what is a socket in name; of one it uses what every stream has.
  response.assignSocket(nowhere as unknown as Socket);
  // Who pipes into a response waits for it to close, which it does with its socket.
  response.once('finish', () => nowhere.destroy());
  response.once('close', over);
  return response;
}
