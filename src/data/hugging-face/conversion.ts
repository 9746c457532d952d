import { type Connection, send } from './connection.ts';
import { passingFault, Tries } from './faults.ts';

export interface ConvertedFile {
  readonly config: string;
  readonly split: string;
  /** E.g. `refs/convert/parquet`. */
  readonly branch: string;
  readonly path: string;
  readonly bytes: number;
}

/** What the datasets server knows of a dataset's conversion to Parquet. */
export interface Conversion {
  readonly files: readonly ConvertedFile[];
  /** Configs that are not converted yet, or could not be. */
  readonly pending: readonly string[];
  readonly failed: readonly string[];
  /** Some split or other holds only its first 5 GB. */
  readonly partial: boolean;
  /** The commit of main that was converted; undefined where the server does not say. */
  readonly converted: string | undefined;
}

/** A clause of a sentence whose subject is the conversion. */
export interface Incomplete {
  readonly incomplete: string;
}

/** @throws an ordinary Error where the server is out of order, which says nothing about the dataset */
export async function conversionOf(
  connection: Connection,
  datasetsServer: string,
  datasetId: string,
): Promise<Conversion | Incomplete> {
  const url = `${datasetsServer}/parquet?dataset=${encodeURIComponent(datasetId)}`;
  const tries = new Tries(connection);
  for (;;) {
    try {
      const response = await send(connection, url);
      return response.ok ? await conversionIn(response) : await withoutConversion(response);
    } catch (error) {
      await tries.after(error);
    }
  }
}

/** The server's own codes come with statuses of 500, too: a dataset that it cannot convert is not a server out of order. */
async function withoutConversion(response: Response): Promise<Incomplete> {
  const code = response.headers.get('x-error-code');
  const text = await response.text();
  if (code === 'ResponseNotReady') return { incomplete: 'is not ready yet' };
  const passing = passingFault(response);
  if (passing !== undefined && (code === null || /^Unexpected|HubRequest/.test(code))) throw passing;
  return { incomplete: `does not exist (${code ?? text.slice(0, 200)})` };
}

async function conversionIn(response: Response): Promise<Conversion> {
  const answer = (await response.json()) as Readonly<Record<string, unknown>>;
  const list = (name: string) => {
    const value = answer[name] ?? [];
    if (!Array.isArray(value)) throw new Error(`The datasets server answered without a list of ${name}.`);
    return value as readonly Readonly<Record<string, unknown>>[];
  };
  return {
    files: list('parquet_files').map(convertedFile),
    pending: list('pending').map(({ config }) => String(config ?? '')),
    failed: list('failed').map(({ config }) => String(config ?? '')),
    partial: answer['partial'] === true,
    converted: response.headers.get('x-revision') ?? undefined,
  };
}

function convertedFile(file: Readonly<Record<string, unknown>>): ConvertedFile {
  const [, branch, path] = /\/resolve\/([^/]+)\/(.+)$/.exec(String(file['url'])) ?? [];
  const { config, split, size } = file;
  if (branch === undefined || path === undefined || typeof config !== 'string' || typeof split !== 'string') {
    throw new Error(
      `The datasets server answered with a file that cannot be found: ${JSON.stringify(file)}.`,
    );
  }
  return {
    config,
    split,
    branch: decodeURIComponent(branch),
    path: decodeURIComponent(path),
    bytes: Number(size),
  };
}
