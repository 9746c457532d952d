import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { readEnvironment, shellLines, writeEnvironment } from '../../bin/local-environment.ts';
import { localReset } from '../../bin/local-reset.ts';
import { assemblyDirectory } from '../setup/assembly.ts';

const execute = promisify(execFile);
const program = 'bin/bedrock-batch.mjs';
const call = (args: readonly string[], env = process.env) =>
  execute(process.execPath, [program, ...args], { env });

const children: ChildProcess[] = [];
let directory: string;
let state: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'local-up-'));
  state = join(directory, "the user's state");
});
afterAll(async () => {
  // Of a test that failed.
  for (const child of children) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

/** A process that has printed a text. */
async function started(args: readonly string[], text: string): Promise<Shown> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const shown = { child, text: '', until: (wanted: string) => until(wanted) };
  child.stdout.on('data', (piece: Buffer) => {
    shown.text += piece;
  });
  const until = async (wanted: string): Promise<void> => {
    while (!shown.text.includes(wanted)) {
      if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}: ${shown.text}`);
      await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    }
  };
  await until(text);
  return shown;
}

interface Shown {
  readonly child: ChildProcess;
  readonly text: string;
  readonly until: (wanted: string) => Promise<void>;
}

test('local up serves the SDK and the command line until SIGINT, and reset deletes what is left', async () => {
  const up = await started(['local', 'up', '--assembly', assemblyDirectory(), '--state', state], 'aws s3 ls');
  const env = await inAShell();
  const [, bucket = ''] = /bucketName +(\S+)/.exec(up.text) ?? [];
  expect(await putAndList(env, bucket)).toEqual(['inputs/t.csv']);
  await expect(call(['collect', 'no-run'], env)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^Cannot collect the run: there is no execution arn:aws:states:\S+:no-run\.\n$/,
    ),
  });
  await expect(call(['local', 'cancel', 'no-run', '--state', state])).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/is in use by another process \(\d+\), which is local up: after eval/),
  });
  await expect(localReset({ state })).rejects.toThrow(
    /^Cannot reset .* is in use by another process \(\d+\)\.$/,
  );

  up.child.kill('SIGINT');
  expect(await once(up.child, 'close')).toEqual([0, null]);
  await expect(call(['local', 'env', '--state', state])).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^Cannot print the environment: no local AWS is kept running on .*\n$/),
  });
  const { stdout } = await call(['local', 'reset', '--state', state]);
  expect(stdout).toMatch(/^Deleted of .*: .*\bs3\b.*\bdynamodb\.\n$/);
  await expect(access(state)).rejects.toMatchObject({ code: 'ENOENT' });
});

/** The environment of a shell that has evaluated what `local env` prints. */
async function inAShell(): Promise<NodeJS.ProcessEnv> {
  const evaluate = `eval "$('${process.execPath}' ${program} local env --state "$STATE")" && exec '${process.execPath}' -p 'JSON.stringify(process.env)'`;
  const misled = { STATE: state, AWS_PROFILE: 'production', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' };
  const { stdout } = await execute('sh', ['-c', evaluate], { env: { ...process.env, ...misled } });
  return JSON.parse(stdout);
}

async function putAndList(env: NodeJS.ProcessEnv, Bucket: string): Promise<unknown> {
  const before = { ...process.env };
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  const s3 = new S3Client();
  try {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'inputs/t.csv', Body: 'topic\nx\n' }));
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
    return Contents.map(({ Key }) => Key);
  } finally {
    s3.destroy();
    for (const name of Object.keys(process.env)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

test('the environment of a process that is gone does not count', async () => {
  const gone = spawn(process.execPath, ['--version']);
  await once(gone, 'close');
  const environment = { variables: {}, outputs: { bucketName: 'b', stepFunctionName: 's' } };
  await writeEnvironment(directory, { pid: gone.pid ?? 0, ...environment });
  expect(await readEnvironment(directory)).toBeUndefined();
  await writeEnvironment(directory, { pid: process.pid, ...environment });
  expect(await readEnvironment(directory)).toMatchObject(environment);
  await writeFile(join(directory, 'environment.json'), '{"pid": 0}');
  await expect(readEnvironment(directory)).rejects.toThrow(/^Cannot read .*environment\.json: /);
});

test('what a shell reads is what was meant', async () => {
  const variables = { QUOTE: "it's", BLANKS: ' a  b ', DOLLAR: '$HOME `x` "y" \\' };
  const script = `${shellLines(variables).join('\n')}\nprintf '%s|' "$QUOTE" "$BLANKS" "$DOLLAR"`;
  const { stdout } = await execute('sh', ['-c', script]);
  expect(stdout).toBe(`${Object.values(variables).join('|')}|`);
});

test('reset keeps what is not the local AWS’s, and leaves alone what only has folders of these names', async () => {
  const mine = join(directory, 'mine');
  await mkdir(join(mine, 'logs'), { recursive: true });
  await mkdir(join(mine, 's3'));
  await writeFile(join(mine, 'notes.txt'), 'kept');
  await expect(localReset({ state: mine })).rejects.toThrow(
    `Cannot reset ${mine}: it does not look like the state of a local AWS.`,
  );
  expect(await readdir(mine)).toEqual(['logs', 'notes.txt', 's3']);
  await mkdir(join(mine, 'dynamodb'));
  await writeFile(join(mine, 'dynamodb', 'CURRENT'), 'MANIFEST-000004\n');
  const said = jest.spyOn(console, 'log').mockImplementation(() => undefined);
  await localReset({ state: mine });
  expect(said.mock.calls).toEqual([
    [`Deleted of ${mine}: logs, s3, dynamodb. Kept, as none of its own: notes.txt.`],
  ]);
  said.mockRestore();
  expect(await readdir(mine)).toEqual(['notes.txt']);
  expect(await readFile(join(mine, 'notes.txt'), 'utf8')).toBe('kept');
});

test('local logs prints the functions asked for, and follows them', async () => {
  const logs = join(directory, 'logged', 'logs');
  await mkdir(logs, { recursive: true });
  await writeFile(join(logs, 'Stack-Preprocess1.log'), 'read 3 rows\n');
  await writeFile(join(logs, 'Stack-RunJob1.log'), 'submitted\n');
  const here = ['--state', join(directory, 'logged')];
  const follower = await started(['local', 'logs', 'pre', '--follow', ...here], 'read 3 rows\n');
  await appendFile(join(logs, 'Stack-Preprocess1.log'), 'read 4 rows\n');
  await follower.until('read 4 rows\n');
  await writeFile(join(logs, 'Stack-PrepareInput1.log'), 'rendered\n');
  await follower.until('rendered\n');
  follower.child.kill('SIGINT');
  await once(follower.child, 'close');
  expect(follower.text).toBe(
    '==> Stack-Preprocess1 <==\nread 3 rows\nread 4 rows\n\n==> Stack-PrepareInput1 <==\nrendered\n',
  );
  await expect(call(['local', 'logs', 'never', ...here])).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^Cannot show the logs: no function whose name has "never" in it .*\n$/),
  });
});
