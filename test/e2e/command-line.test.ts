import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Papa from 'papaparse';
import { assemblyDirectory, synthesized } from '../setup/assembly.ts';
import { LocalStack } from '../setup/local-stack.ts';

const execute = promisify(execFile);
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'command-line-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test('local run: the demo’s command shows how it goes and leaves the joined table', async () => {
  const { stdout } = await execute(process.execPath, [
    ...['bin/bedrock-batch.mjs', 'local', 'run'],
    ...['--execution-input', 'examples/jokes/input.json', '--input', 'examples/jokes/topics.csv'],
    ...[
      '--assembly',
      assemblyDirectory(),
      '--state',
      join(directory, 'state'),
      '--out',
      join(directory, 'out'),
    ],
  ]);
  expect(stdout).toMatch(/chunks \d\/\d · jobs/);
  expect(stdout).toContain('The answers are simulated');
  expect(stdout).toContain(join(directory, 'out', 'topics.csv'));
  const rows = async (file: string) =>
    Papa.parse<Record<string, string>>(await readFile(file, 'utf8'), { header: true, skipEmptyLines: true })
      .data;
  const before = await rows('examples/jokes/topics.csv');
  const after = await rows(join(directory, 'out', 'topics.csv'));
  expect(after.map(({ id, topic, category }) => ({ id, topic, category }))).toEqual(before);
  expect(new Set(after.map(({ status }) => status))).toEqual(new Set(['succeeded']));
  const summary = JSON.parse(await readFile(join(directory, 'out', 'summary.json'), 'utf8'));
  expect(summary.attempts.length).toBeGreaterThanOrEqual(3);
});

test('local run: Ctrl-C stops it, and local collect joins what it had finished', async () => {
  const out = join(directory, 'collected');
  const here = ['--assembly', assemblyDirectory(), '--state', join(directory, 'stopped'), '--out', out];
  const child = spawn(process.execPath, [
    ...['bin/bedrock-batch.mjs', 'local', 'run', '--records-per-second', '10', ...here],
    ...['--execution-input', 'examples/jokes/input.json', '--input', 'examples/jokes/topics.csv'],
  ]);
  let shown = '';
  child.stdout.on('data', (text: Buffer) => {
    shown += text;
    if (/records [1-9]/.test(shown) && !child.killed) child.kill('SIGINT');
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(130);
  const run = /local collect (\S+)/.exec(shown)?.[1] ?? '';
  const { stdout } = await execute(process.execPath, [
    ...['bin/bedrock-batch.mjs', 'local', 'collect', run, ...here],
  ]);
  const [, succeeded, missing] = /(\d+) succeeded, 0 failed, (\d+) missing/.exec(stdout) ?? [];
  expect(Number(succeeded)).toBeGreaterThan(0);
  expect(Number(missing)).toBeGreaterThan(0);
  expect(Number(succeeded) + Number(missing)).toBe(360);
  const lines = (await readFile(join(out, 'topics.csv'), 'utf8')).trimEnd().split('\n');
  expect(lines).toHaveLength(361);
});

test('a second process is kept away from a state that is in use', async () => {
  const state = join(directory, 'shared');
  const { startLocalAws } = await import('../../src/local/local-aws.ts');
  const first = await startLocalAws({ assembly: await synthesized(), directory: state });
  try {
    const second = execute(process.execPath, [
      ...['bin/bedrock-batch.mjs', 'local', 'run', '--assembly', assemblyDirectory(), '--state', state],
      ...['--execution-input', 'examples/jokes/input.json', '--input', 'examples/jokes/topics.csv'],
    ]);
    await expect(second).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is in use by another process'),
    });
  } finally {
    await first.close();
  }
});

const awsCli = spawnSync('aws', ['--version']).status === 0;

// Without the AWS CLI there is nothing to test: the script is a few calls of it.
(awsCli ? test : test.skip)('download_results.sh fetches all runs of a prefix, or one', async () => {
  const stack = await LocalStack.start(await synthesized());
  try {
    const s3_uri = await stack.upload('t.csv', `topic\n${'x\n'.repeat(100)}`);
    const input = {
      s3_uri,
      job_name_prefix: 'twice',
      model_id: 'us.anthropic.claude-haiku-4-5-20251001-v1:0',
      prompt_id: 'joke_about_topic',
    };
    const runs = [await stack.run(input), await stack.run(input)].map(({ name }) => name ?? '').sort();
    const env = { ...process.env, ...stack.environment };
    const download = (prefix: string, to: string) =>
      execute('scripts/download_results.sh', [stack.bucket, prefix, join(directory, to)], { env });
    await download('twice', 'all');
    expect((await readdir(join(directory, 'all', 'twice'))).sort()).toEqual(runs);
    await download(`twice/${runs[0]}`, 'one');
    expect((await readdir(join(directory, 'one', 'twice', runs[0] ?? ''))).sort()).toEqual([
      'summary.json',
      't.csv',
    ]);
    await expect(download('never', 'none')).rejects.toMatchObject({
      code: 1,
      stderr: `Cannot download: s3://${stack.bucket} has no results of the job prefix never.\n`,
    });
  } finally {
    await stack.stop();
  }
});
