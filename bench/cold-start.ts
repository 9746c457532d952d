import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import type { Reached } from './targets.ts';

/** A function's code as the stack bundles it, without the SDK, which is measured apart from what is ours to choose. */
export interface ColdStart {
  readonly name: string;
  readonly bundleBytes: number;
  readonly importMs: number;
  readonly reached: readonly Reached[];
}

const MOST_BYTES = 600_000;
const MOST_MS = 100;
const FUNCTIONS = ['preprocess', 'prepare-input', 'postprocess', 'assemble-output'];

export async function coldStarts(
  directory: string,
  { node, only }: { readonly node: string; readonly only: string },
): Promise<readonly ColdStart[]> {
  const found: ColdStart[] = [];
  if (only !== '') return found;
  for (const name of FUNCTIONS) found.push(await coldStart(directory, node, name));
  return found;
}

async function coldStart(directory: string, node: string, name: string): Promise<ColdStart> {
  const outfile = join(directory, 'programs', `${name}.mjs`);
  await build({
    entryPoints: [`src/steps/${name}.ts`],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['@aws-sdk/*'],
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  });
  const script = `const start = performance.now(); import(${JSON.stringify(outfile)}).then(() => console.log(performance.now() - start))`;
  const { stdout } = await promisify(execFile)(node, ['-e', script]);
  const [bundleBytes, importMs] = [statSync(outfile).size, Number(stdout)];
  const reached = [
    bounded(name, 'bundle, MB', bundleBytes / 1e6, MOST_BYTES / 1e6),
    bounded(name, 'import, ms', importMs, MOST_MS),
  ];
  return { name, bundleBytes, importMs, reached };
}

function bounded(name: string, against: string, reached: number, most: number): Reached {
  return { name: `cold start, ${name}`, against, target: `at most ${most}`, reached, ok: reached <= most };
}
