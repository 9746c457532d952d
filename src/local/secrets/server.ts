import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import { type Endpoint, type Intercept, listen, readBody } from '../http/listen.ts';
import { secretArn, secretName } from './secret-arn.ts';

export interface SecretsOptions {
  readonly clock: Clock;
  readonly region: string;
  readonly account: string;
  readonly port?: number;
  readonly intercept?: Intercept;
  /** Texts by the names of the secrets. */
  readonly secrets: Readonly<Record<string, string>>;
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Secrets Manager on loopback: GetSecretValue by awsJson1.1, as `@aws-sdk/client-secrets-manager` speaks it. */
export async function startSecrets(options: SecretsOptions): Promise<Endpoint> {
  const createdAt = options.clock.now() / 1000;
  return listen(
    (request, response) => void reply(options, createdAt, request, response),
    options.port,
    options.intercept,
  );
}

async function reply(
  options: SecretsOptions,
  createdAt: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, body } = await perform(options, createdAt, request).catch((error: unknown) =>
    fault('SerializationException', (error as Error).message),
  );
  const headers = { 'content-type': 'application/x-amz-json-1.1' };
  response.writeHead(status, headers).end(JSON.stringify(body));
}

async function perform(
  options: SecretsOptions,
  createdAt: number,
  request: IncomingMessage,
): Promise<Answer> {
  const body = await readBody(request);
  const operation = String(request.headers['x-amz-target']);
  if (operation !== 'secretsmanager.GetSecretValue') {
    return fault('UnknownOperationException', `The operation ${operation} is not available locally.`);
  }
  return getSecretValue(options, createdAt, JSON.parse(body.toString()) as GetSecretValue);
}

interface GetSecretValue {
  readonly SecretId?: unknown;
  readonly VersionId?: unknown;
  readonly VersionStage?: unknown;
}

const CURRENT = 'AWSCURRENT';
const VERSION = '00000000-0000-4000-8000-000000000001';

function getSecretValue(options: SecretsOptions, createdAt: number, request: GetSecretValue): Answer {
  const { SecretId: id, VersionId: version = VERSION, VersionStage: stage = CURRENT } = request;
  if (typeof id !== 'string' || id === '') {
    return fault('ValidationException', "1 validation error detected: Value at 'secretId' must not be null.");
  }
  const name = secretName(options, id);
  const secret = Object.hasOwn(options.secrets, name) ? options.secrets[name] : undefined;
  if (secret === undefined) {
    return fault('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }
  if (version !== VERSION || stage !== CURRENT) {
    const label = stage === CURRENT ? `VersionId: ${version}` : `staging label: ${stage}`;
    return fault(
      'ResourceNotFoundException',
      `Secrets Manager can't find the specified secret value for ${label}`,
    );
  }
  return {
    status: 200,
    body: {
      ...{ ARN: secretArn(options, name), Name: name, SecretString: secret },
      ...{ VersionId: VERSION, VersionStages: [CURRENT], CreatedDate: createdAt },
    },
  };
}

function fault(type: string, message: string): Answer {
  return { status: 400, body: { __type: type, message, Message: message } };
}
