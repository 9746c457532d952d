import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import type { Task } from './child.ts';
import type { Measure } from './measure.ts';

/** Programs that were made for a directory, and the Node.js that runs them. */
export interface Programs {
  readonly node: string;
  readonly child: string;
  readonly s3: string;
}

/** As esbuild puts them into a function: no loader in the way of what is measured. */
export async function bundled(directory: string, node: string): Promise<Programs> {
  const outdir = join(directory, 'programs');
  rmSync(outdir, { recursive: true, force: true });
  await build({
    entryPoints: { child: 'bench/child.ts', s3: 'bench/s3-process.ts' },
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    // A peer's libraries are loaded with it alone, so that they are in nobody else's memory.
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['@duckdb/*', 'parquet-wasm'],
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  });
  return { node, child: join(outdir, 'child.mjs'), s3: join(outdir, 's3.mjs') };
}

/** The SDK's advice on versions of Node.js is not for the bench's terminal. */
export const quietSdk = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' } as const;

export interface Skipped {
  readonly skipped: string;
}

/** Runs a task in a process of its own. Undefined if it measured nothing. */
export async function runTask(
  { node, child }: Programs,
  task: Task,
  environment: NodeJS.ProcessEnv = {},
): Promise<Measure | Skipped | undefined> {
  const env = { ...process.env, ...quietSdk, ...environment };
  const { stdout } = await promisify(execFile)(node, [child, JSON.stringify(task)], { env });
  const last = stdout.trim().split('\n').at(-1) ?? '';
  return last === '' ? undefined : (JSON.parse(last) as Measure | Skipped);
}

/** Runs something beside a local S3, with the environment that leads the SDK to it. */
export async function withS3(
  { node, s3 }: Programs,
  directory: string,
  run: (environment: NodeJS.ProcessEnv) => Promise<void>,
): Promise<void> {
  const server = spawn(node, [s3, directory], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(server, 'exit');
  try {
    const [url] = await once(server.stdout, 'data');
    await run({
      AWS_ENDPOINT_URL_S3: String(url).trim(),
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'BENCH',
      AWS_SECRET_ACCESS_KEY: 'local',
    });
  } finally {
    server.stdin.end();
    await ended;
  }
}
