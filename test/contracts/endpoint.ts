/** The services, by the names that the SDK's variables for endpoints have for them. */
export type ContractService = 'S3' | 'DYNAMODB' | 'SFN' | 'SQS' | 'BEDROCK' | 'BEDROCK_RUNTIME';

export interface ClientSettings {
  readonly region: string;
  /** Undefined for AWS's own. */
  readonly endpoint?: string;
  /** Undefined for those of the environment. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Nobody checks the secret on loopback. */
const LOCAL = { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' };

/**
 * Where a suite runs. `CONTRACT_ENDPOINT_<service>`, or `CONTRACT_ENDPOINT` for all services, is the URL of another
 * implementation, or `aws`, which is the account that the environment has credentials and a Region for: what is created
 * there is billed. Without them it is the local AWS, which the suite starts.
 */
export class Contract {
  readonly region = process.env['AWS_REGION'] ?? 'us-east-1';
  readonly #elsewhere: string | undefined;

  constructor(service: ContractService) {
    this.#elsewhere =
      process.env[`CONTRACT_ENDPOINT_${service}`] || process.env['CONTRACT_ENDPOINT'] || undefined;
  }

  get isOurs(): boolean {
    return this.#elsewhere === undefined;
  }

  /** Of a client; `ours` is the address of the local service, where the suite has started it. */
  settings(ours: string | undefined): ClientSettings {
    const { region } = this;
    if (this.#elsewhere === 'aws') return { region };
    const endpoint = this.#elsewhere ?? ours;
    if (endpoint === undefined)
      throw new Error('Cannot tell the endpoint: the local service must be started.');
    const own = process.env['AWS_ACCESS_KEY_ID'] === undefined || this.isOurs;
    return { region, endpoint, ...(own && { credentials: LOCAL }) };
  }

  /** Cases that need more than a public API; elsewhere they are shown as skipped, and why. */
  describeOurs(name: string, reason: string, cases: () => void): void {
    if (this.isOurs) describe(name, cases);
    else describe.skip(`${name} (only ours: ${reason})`, cases);
  }

  testOurs(name: string, reason: string, run: () => Promise<void>): void {
    if (this.isOurs) test(name, run);
    else test.skip(`${name} (only ours: ${reason})`, run);
  }
}
