import { S3Client } from '@aws-sdk/client-s3';

export interface RoleClientsOptions {
  readonly endpoint: string;
  readonly region: string;
  /** By which the service is known. */
  readonly accessKeyId: string;
}

/** Clients of a service that reads and writes for others: one of its own, and one for each role that it is given. */
export class RoleClients {
  readonly own: S3Client;
  readonly #options: RoleClientsOptions;
  readonly #byRole = new Map<string, S3Client>();

  constructor(options: RoleClientsOptions) {
    this.#options = options;
    this.own = this.#client();
  }

  /** The session token says which role it is. */
  as(roleArn: string): S3Client {
    const client = this.#byRole.get(roleArn) ?? this.#client(roleArn);
    this.#byRole.set(roleArn, client);
    return client;
  }

  destroy(): void {
    for (const client of [this.own, ...this.#byRole.values()]) client.destroy();
  }

  #client(sessionToken?: string): S3Client {
    const { accessKeyId, endpoint, region } = this.#options;
    const credentials = { accessKeyId, secretAccessKey: 'x', ...(sessionToken && { sessionToken }) };
    return new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  }
}
