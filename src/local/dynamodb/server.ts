import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import type { Endpoint, Intercept } from '../http/listen.ts';
import { returnItemsOnConditionFailure } from './condition-failures.ts';
import { ensureTable } from './ensure-table.ts';

export interface DynamoDBServer extends Endpoint {
  /** Idempotent: a table of an earlier start keeps its items. @throws LocalAwsError when its key was another. */
  createTable(definition: CreateTableCommandInput): Promise<void>;
}

export interface DynamoDBOptions {
  readonly directory: string;
  readonly port?: number;
  readonly intercept?: Intercept;
}

/** DynamoDB's wire protocol by dynalite, its items below `directory`. It keeps no time to live: items stay. */
export async function startDynamoDB(options: DynamoDBOptions): Promise<DynamoDBServer> {
  const { directory, port = 0, intercept = (handler) => handler } = options;
  returnItemsOnConditionFailure();
  const server: Server = dynalite({ path: directory, createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 });
  // As `listen` has it.
  server.keepAliveTimeout = 65_000;
  const [serve] = server.listeners('request') as [RequestListener];
  const operations = new Operations();
  server.removeAllListeners('request').on('request', intercept(operations.counted(outlivesClients(serve))));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'LOCALCLOUDFORMATION', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ endpoint: url, region: 'us-east-1', credentials });
  return {
    url,
    createTable: (definition) => ensureTable(client, definition),
    async close() {
      client.destroy();
      await operations.ended();
      await new Promise<void>((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      });
    },
  };
}

/**
 * What dynalite is at work on. It finds its database closed otherwise, and throws where nobody listens: functions that were
 * ended leave requests behind which nobody waits for any more.
 */
class Operations {
  readonly #running = new Set<IncomingMessage>();
  #closing = false;
  #idle = (): void => undefined;

  counted(serve: RequestListener): RequestListener {
    return (request, response) => {
      if (this.#closing) {
        request.destroy();
        return;
      }
      this.#running.add(request);
      const end = response.end.bind(response) as (...given: unknown[]) => typeof response;
      response.end = (...given: unknown[]) => {
        this.#over(request);
        return end(...given);
      };
      // Of a request that was broken off in the middle nothing comes of itself.
      request.once('close', () => {
        if (!request.complete) this.#over(request);
      });
      serve(request, response);
    };
  }

  /** From now on there are no new ones, and none that is half there. */
  async ended(): Promise<void> {
    this.#closing = true;
    for (const request of this.#running) if (!request.complete) request.destroy();
    if (this.#running.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
  }

  #over(request: IncomingMessage): void {
    this.#running.delete(request);
    if (this.#running.size === 0) this.#idle();
  }
}

/** dynalite would throw the error of a connection that breaks, which would end the whole process. */
function outlivesClients(serve: RequestListener): RequestListener {
  return (request, response) => {
    serve(request, response);
    request.removeAllListeners('error').on('error', () => response.destroy());
  };
}
