import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from '../src/local/directory-lock.ts';
import { LocalAwsError } from '../src/local/local-aws-error.ts';

/** What another process must know of a local AWS that is kept running, as `environment.json` has it. */
export interface LocalEnvironment {
  readonly pid: number;
  /** For any AWS SDK and the AWS CLI: endpoints, Region and credentials. */
  readonly variables: Readonly<Record<string, string>>;
  readonly outputs: { readonly bucketName: string; readonly stepFunctionName: string };
}

export const ENVIRONMENT_FILE = 'environment.json';

/** A user's own settings that would lead the SDKs past the variables: to other credentials, or to AWS itself. */
const MISLEADING = ['AWS_PROFILE', 'AWS_SESSION_TOKEN', 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'];

/** A reader sees the whole file or none. */
export async function writeEnvironment(state: string, environment: LocalEnvironment): Promise<void> {
  const file = join(state, ENVIRONMENT_FILE);
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(environment, null, 2)}\n`);
  await rename(draft, file);
}

export async function removeEnvironment(state: string): Promise<void> {
  await rm(join(state, ENVIRONMENT_FILE), { force: true });
}

/** Undefined if none is kept running there; the file of a process that was killed does not count. */
export async function readEnvironment(state: string): Promise<LocalEnvironment | undefined> {
  const text = await readIfThere(join(state, ENVIRONMENT_FILE));
  if (text === undefined) return undefined;
  const environment = parsed(text, join(state, ENVIRONMENT_FILE));
  return isAlive(environment.pid) ? environment : undefined;
}

/** Points this process's SDK clients at a local AWS. */
export function applyVariables(variables: Readonly<Record<string, string>>): void {
  for (const name of MISLEADING) delete process.env[name];
  Object.assign(process.env, variables);
}

/** Lines for a POSIX shell. */
export function shellLines(variables: Readonly<Record<string, string>>): readonly string[] {
  const exports = Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}`);
  return [`unset ${MISLEADING.join(' ')}`, ...exports];
}

/** One word for a POSIX shell, whatever is in it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

function parsed(text: string, file: string): LocalEnvironment {
  const value = jsonOf(text);
  if (isEnvironment(value)) return value;
  throw new LocalAwsError(`Cannot read ${file}: it must be what local up writes, and it is not.`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Refused with the file's name, like any other text that is none of ours.
    return undefined;
  }
}

function isEnvironment(value: unknown): value is LocalEnvironment {
  const { pid, variables, outputs } = (value ?? {}) as Partial<LocalEnvironment>;
  // A signal to 0 or below would go to a whole group of processes.
  return Number.isInteger(pid) && Number(pid) > 0 && isObject(variables) && isObject(outputs);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
