import { type Patience, Tries } from './faults.ts';
import { type HubAccess, hubError } from './hub-errors.ts';

export interface Connection extends Patience, HubAccess {
  /** What converts datasets to Parquet and knows how much of them; not every hub has one. */
  readonly datasetsServer: string | undefined;
}

/** One request. The token goes to the hub and its datasets server only, whatever the URL came from. */
export async function send(
  connection: Connection,
  url: string,
  { headers, ...init }: RequestInit = {},
): Promise<Response> {
  const all = new Headers(headers);
  const token = mayHaveToken(connection, url) ? await connection.accessToken() : undefined;
  if (token !== undefined) all.set('authorization', `Bearer ${token}`);
  // The standard drops the header from redirects to other origins; undici does, too.
  try {
    return await fetch(url, { ...init, headers: all, signal: connection.signal ?? null });
  } catch (error) {
    throw unreached(url, error);
  }
}

/** `fetch` tells neither whom it did not reach nor why. */
function unreached(url: string, error: unknown): unknown {
  if (!(error instanceof TypeError) || !(error.cause instanceof Error)) return error;
  return new Error(`Cannot reach ${new URL(url).host}: ${error.cause.message}`, { cause: error.cause });
}

export function isHub({ endpoint }: Connection, url: string): boolean {
  return new URL(url).origin === new URL(endpoint).origin;
}

function mayHaveToken(connection: Connection, url: string): boolean {
  const { datasetsServer } = connection;
  if (isHub(connection, url)) return true;
  return datasetsServer !== undefined && new URL(url).origin === new URL(datasetsServer).origin;
}

/** The `fetch` that @huggingface/hub calls for a dataset: patient, and its refusals are sentences. */
export function apiFetch(connection: Connection, datasetId: string): typeof fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const tries = new Tries(connection);
    for (;;) {
      try {
        const response = await send(connection, url, init);
        if (response.ok) return response;
        throw await hubError(connection, datasetId, response);
      } catch (error) {
        await tries.after(error);
      }
    }
  };
}
