import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import type { Endpoint } from '../http/listen.ts';
import { ensureTable } from './ensure-table.ts';

export interface DynamoDBServer extends Endpoint {
  /** Idempotent: a table of an earlier start keeps its items. @throws LocalAwsError when its key was another. */
  createTable(definition: CreateTableCommandInput): Promise<void>;
}

/** DynamoDB's wire protocol by dynalite, its items below `directory`. It keeps no time to live: items stay. */
export async function startDynamoDB({
  directory,
  port = 0,
}: {
  readonly directory: string;
  readonly port?: number;
}): Promise<DynamoDBServer> {
  const server: Server = dynalite({ path: directory, createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 });
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
