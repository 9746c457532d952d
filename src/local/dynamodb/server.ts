import type { RequestListener, Server } from 'node:http';
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
  server.removeAllListeners('request').on('request', intercept(outlivesClients(serve)));
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
    close: () =>
      new Promise((resolve, reject) => {
        client.destroy();
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

/** dynalite would throw the error of a connection that breaks, which would end the whole process. */
function outlivesClients(serve: RequestListener): RequestListener {
  return (request, response) => {
    serve(request, response);
    request.removeAllListeners('error').on('error', () => response.destroy());
  };
}
