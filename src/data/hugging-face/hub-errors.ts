import { BatchError, refusal } from '../../errors.ts';
import { PassingFault, passingFault } from './faults.ts';

const STORE_A_TOKEN =
  'store a Hugging Face token in Secrets Manager and deploy with the context huggingFaceTokenSecretName';

export interface HubAccess {
  /** Without a trailing slash. */
  readonly endpoint: string;
  accessToken(): Promise<string | undefined>;
}

/** What a hub's refusal means to a user. The hub says 401 instead of 404 to who has no token. */
export async function hubError(
  access: HubAccess,
  datasetId: string,
  response: Response,
): Promise<BatchError | PassingFault> {
  const passing = passingFault(response);
  const text = (await response.text()).slice(0, 1_000);
  if (passing !== undefined) return passing;
  const { status } = response;
  const code = response.headers.get('x-error-code') ?? '';
  const token = await access.accessToken();
  if (code === 'GatedRepo') return gatedError(access, datasetId, token);
  if (code === 'RevisionNotFound' || status === 400) return revisionError(datasetId, response.url);
  if (status === 401 || status === 403 || status === 404) return missingError(datasetId, token, status);
  return new PassingFault(`${new URL(response.url).host} answered with the status ${status}: ${text}`);
}

export function gatedError(
  { endpoint }: HubAccess,
  datasetId: string,
  token: string | undefined,
): BatchError {
  const accept = `accept its terms at ${endpoint}/datasets/${datasetId}`;
  return new BatchError(
    'InvalidInput',
    token === undefined
      ? `Cannot start the run: the dataset ${datasetId} is gated; ${accept}, then ${STORE_A_TOKEN}.`
      : `Cannot start the run: the dataset ${datasetId} is gated, and its terms are not accepted for the token; ${accept} with the token's account, and give the token read access to gated repositories.`,
  );
}

function missingError(datasetId: string, token: string | undefined, status: number): BatchError {
  const [what, todo] =
    token === undefined
      ? ['it is private', `for a private one, ${STORE_A_TOKEN}`]
      : status === 401
        ? ['the token is not valid', 'check the id and the token']
        : ['the token may not read it', 'check the id and what the token may read'];
  return new BatchError(
    'NotFound',
    `Cannot start the run: there is no Hugging Face dataset ${datasetId}, or ${what}; ${todo}.`,
  );
}

function revisionError(datasetId: string, url: string): BatchError {
  const revision = /\/(?:revision|resolve|tree)\/([^/?]+)/.exec(new URL(url).pathname)?.[1] ?? '';
  return refusal(
    'start the run',
    'revision',
    `be a branch, a tag or a commit of ${datasetId}`,
    decodeURIComponent(revision),
  );
}
