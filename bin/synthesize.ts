import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BatchError } from '../src/errors.ts';

const project = fileURLToPath(new URL('..', import.meta.url));

/** Runs `cdk synth` into a directory: the very assembly that `cdk deploy` would deploy. */
export async function synthesize(
  directory: string,
  context: Readonly<Record<string, string>> = {},
): Promise<void> {
  const cdk = createRequire(import.meta.url).resolve('aws-cdk/bin/cdk');
  const values = Object.entries(context).flatMap(([name, value]) => ['--context', `${name}=${value}`]);
  const synth = [cdk, 'synth', '--quiet', '--output', resolve(directory), ...values];
  const child = spawn(process.execPath, synth, { cwd: project });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new BatchError('Internal', `Cannot synthesize the stack:\n${output}`);
}
