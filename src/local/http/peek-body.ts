import type { IncomingMessage } from 'node:http';

/** DynamoDB takes no larger request, and of the operations whose bodies matter none does. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * A request's whole body, which whoever handles the request will read again. Undefined for one of unknown length or too
 * large a one, and for a client that goes away meanwhile.
 */
export function peekBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const length = Number(request.headers['content-length'] ?? Number.NaN);
  if (length === 0) return Promise.resolve(Buffer.alloc(0));
  if (!(length <= MAX_BYTES)) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const settle = (body: Buffer | undefined): void => {
      request.off('readable', onReadable);
      request.off('close', onClose);
      resolve(body);
    };
    const onClose = (): void => settle(undefined);
    const onReadable = (): void => {
      const body = request.read(length) as Buffer | null;
      if (body === null) return;
      // At once: what was read to its end could not be put back in the next turn.
      request.unshift(body);
      settle(body);
    };
    request.on('readable', onReadable).on('close', onClose);
  });
}
