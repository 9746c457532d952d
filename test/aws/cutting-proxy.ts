import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { listen } from '../../src/local/http/listen.ts';

/** What becomes of the answer to a GET: the connection is cut behind so many of its bytes, or it is another status. */
export type Fate = { readonly cutAfter: number } | { readonly status: number };

export interface CuttingProxy {
  readonly url: string;
  /** Of the next GETs, one by one; those behind them pass. */
  readonly fates: Fate[];
  /** The headers of all GETs. */
  readonly gets: IncomingMessage['headers'][];
  close(): Promise<void>;
}

/** A way to a server on which answers get lost. */
export async function cuttingProxy(target: string): Promise<CuttingProxy> {
  const fates: Fate[] = [];
  const gets: IncomingMessage['headers'][] = [];
  const agent = new Agent({ keepAlive: true });
  const endpoint = await listen((message, response) => {
    const isGet = message.method === 'GET';
    if (isGet) gets.push(message.headers);
    const fate = isGet ? fates.shift() : undefined;
    if (fate !== undefined && 'status' in fate) {
      response.writeHead(fate.status).end();
      return;
    }
    const { method, headers } = message;
    const onward = request(target + message.url, { method, headers, agent }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      if (fate === undefined) answer.pipe(response);
      else passed(answer, response, fate.cutAfter).catch(() => response.destroy());
    });
    message.pipe(onward);
    response.on('close', () => onward.destroy());
    onward.on('error', () => response.destroy());
  });
  return {
    ...endpoint,
    fates,
    gets,
    async close() {
      await endpoint.close();
      agent.destroy();
    },
  };
}

async function passed(answer: IncomingMessage, response: ServerResponse, cutAfter: number): Promise<void> {
  response.flushHeaders();
  let left = cutAfter;
  for await (const bytes of answer as AsyncIterable<Buffer>) {
    const part = bytes.subarray(0, left);
    await new Promise((written) => response.write(part, written));
    left -= part.length;
    if (left === 0) break;
  }
  response.destroy();
}
