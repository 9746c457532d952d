import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { BatchError } from '../errors.ts';

type SecretText = (secretId: string) => Promise<string>;

/** A process lives for hours; a token that was replaced, because it leaked perhaps, is not used for as long. */
const KEPT_MS = 60_000;

/** Secrets by name or ARN, each read once a minute at most: a plain text, or the `token` of a JSON object, as the console stores it. */
export function secretReader(secrets: SecretsManagerClient, now: () => number = Date.now): SecretText {
  const kept = new Map<string, { readonly text: Promise<string>; readonly until: number }>();
  return (secretId) => {
    const known = kept.get(secretId);
    if (known !== undefined && now() < known.until) return known.text;
    const entry = { text: readSecret(secrets, secretId), until: now() + KEPT_MS };
    kept.set(secretId, entry);
    // A fault is not what the secret says; the next caller asks again.
    entry.text.catch(() => {
      if (kept.get(secretId) === entry) kept.delete(secretId);
    });
    return entry.text;
  };
}

let ofThisProcess: SecretText | undefined;

/**
 * On a client that takes Region, credentials and endpoint from the environment alone.
 * @throws BatchError NotFound, or InvalidInput for a secret that holds no token
 */
export function secretText(secretId: string): Promise<string> {
  ofThisProcess ??= secretReader(new SecretsManagerClient());
  return ofThisProcess(secretId);
}

async function readSecret(secrets: SecretsManagerClient, secretId: string): Promise<string> {
  try {
    const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: secretId }));
    return tokenIn(SecretString, secretId);
  } catch (cause) {
    if (!(cause instanceof ResourceNotFoundException)) throw cause;
    const sentence = `Cannot read the secret ${secretId}: Secrets Manager must have a secret of this name in the stack's Region, and has none.`;
    throw new BatchError('NotFound', sentence, { cause });
  }
}

/** Says nothing of what it found instead: that is secret, too. */
function tokenIn(secret: string | undefined, secretId: string): string {
  const text = (secret ?? '').trim();
  const token = text.startsWith('{') ? tokenMember(text) : text;
  if (token !== undefined && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new BatchError(
    'InvalidInput',
    `Cannot read the secret ${secretId}: it must be a token as plain text, or JSON such as {"token": "hf_…"}.`,
  );
}

function tokenMember(json: string): string | undefined {
  try {
    const { token } = JSON.parse(json) as { readonly token?: unknown };
    return typeof token === 'string' ? token.trim() : undefined;
  } catch {
    return undefined;
  }
}
