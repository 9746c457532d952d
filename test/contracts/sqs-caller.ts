import { SFNClient } from '@aws-sdk/client-sfn';
import type { HttpRequest, RequestSigner } from '@smithy/types';
import type { Contract } from './endpoint.ts';

export interface SqsAnswer {
  readonly status: number;
  /** By which SDKs keep the names of the older protocol. */
  readonly queryError: string | null;
  readonly body: Record<string, unknown>;
}

interface Signing {
  signer(scheme: object): Promise<RequestSigner>;
}

/** Calls SQS as its SDK client does, which is none of this project's dependencies; the SDK signs. */
export class SqsCaller {
  readonly #client: SFNClient;
  readonly #url: string;
  readonly #region: string;

  constructor(contract: Contract, ours: string | undefined) {
    const settings = contract.settings(ours);
    this.#client = new SFNClient(settings);
    this.#region = settings.region;
    this.#url = settings.endpoint ?? `https://sqs.${settings.region}.amazonaws.com`;
  }

  async call(operation: string, request: object): Promise<SqsAnswer> {
    const body = JSON.stringify(request);
    const target = `AmazonSQS.${operation}`;
    const unsigned = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target };
    const response = await fetch(this.#url, {
      ...{ method: 'POST', body },
      headers: await this.#signed(body, { ...unsigned, host: new URL(this.#url).host }),
    });
    return {
      status: response.status,
      queryError: response.headers.get('x-amzn-query-error'),
      body: (await response.json()) as Record<string, unknown>,
    };
  }

  close(): void {
    this.#client.destroy();
  }

  async #signed(body: string, headers: Record<string, string>): Promise<Record<string, string>> {
    const { protocol, hostname } = new URL(this.#url);
    const signer = await (this.#client.config as unknown as Signing).signer({
      ...{ schemeId: 'aws.auth#sigv4', name: 'sigv4', properties: {} },
      ...{ signingName: 'sqs', signingRegion: this.#region },
    });
    const request: HttpRequest = { method: 'POST', protocol, hostname, path: '/', query: {}, headers, body };
    const { host: _ofTheUrl, ...signed } = (await signer.sign(request, { signingService: 'sqs' })).headers;
    return signed;
  }
}
