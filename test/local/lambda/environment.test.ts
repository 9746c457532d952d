import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { until } from '../../setup/local-stack.ts';
import { arnOf, withFunctions } from './harness.ts';

test('a function finds the variables that Lambda sets, its own, and nothing of this machine', () =>
  withFunctions(
    'export const handler = async () => process.env;',
    async ({ functions, directory }) => {
      const { payload } = await functions.invoke('worker', {});
      expect(payload).toEqual({
        ...{ STAGE: 'test', LANG: 'C', TZ: ':UTC', PATH: expect.any(String) },
        ...{ AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1' },
        _HANDLER: 'index.handler',
        AWS_ACCESS_KEY_ID: 'LOCALworker',
        AWS_SECRET_ACCESS_KEY: 'local',
        AWS_SESSION_TOKEN: expect.stringMatching(/^[0-9a-f-]{36}$/),
        AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
        AWS_LAMBDA_FUNCTION_NAME: 'worker',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
        AWS_LAMBDA_LOG_GROUP_NAME: '/mine',
        AWS_LAMBDA_LOG_STREAM_NAME: 'local',
        LAMBDA_TASK_ROOT: directory,
        TMPDIR: expect.stringContaining(tmpdir()),
      });
    },
    { environment: { STAGE: 'test', LANG: 'C' }, logGroup: '/mine' },
    { variables: { AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1' } },
  ));

/** Counts in the module and in its directory for temporary files, and says where that is. */
const counting = `
import { appendFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
let events = 0;
export const handler = async ({ ms = 0, exits = false }) => {
  appendFileSync(tmpdir() + '/count', 'x');
  if (exits) process.exit(1);
  await new Promise((resolve) => setTimeout(resolve, ms));
  return { events: ++events, files: readFileSync(tmpdir() + '/count', 'utf8').length, directory: tmpdir() };
};`;

interface Counted {
  readonly events: number;
  readonly files: number;
  readonly directory: string;
}

test('an environment is used again, with its module and its files; two at a time share neither', () =>
  withFunctions(counting, async ({ functions }) => {
    const run = async (event: object) => (await functions.invoke('worker', event)).payload as Counted;
    const first = await run({});
    expect(first).toMatchObject({ events: 1, files: 1 });
    expect(await run({})).toEqual({ ...first, events: 2, files: 2 });
    const [one, other] = await Promise.all([run({ ms: 200 }), run({ ms: 200 })]);
    expect([one, other].map(({ events, files }) => [events, files]).sort()).toEqual([
      [1, 1],
      [3, 3],
    ]);
    expect(one?.directory).not.toBe(other?.directory);
  }));

test('files go with their environment, when it dies and when all are closed', async () => {
  const left = await withFunctions(counting, async ({ functions }) => {
    const run = async (event: object) => (await functions.invoke('worker', event)).payload as Counted;
    const first = await run({});
    expect(existsSync(first.directory)).toBe(true);
    await run({ exits: true });
    expect(existsSync(first.directory)).toBe(false);
    const second = await run({});
    expect(second).toMatchObject({ events: 1, files: 1 });
    return second.directory;
  });
  expect(existsSync(left)).toBe(false);
});

test('they are kept in a folder, which is emptied at the start', async () => {
  const root = await mkdtemp(join(tmpdir(), 'root-'));
  const temporaryRoot = join(root, 'tmp');
  await mkdir(join(temporaryRoot, 'of-a-process-that-was-killed'), { recursive: true });
  await withFunctions(
    counting,
    async ({ functions }) => {
      expect(await readdir(temporaryRoot)).toEqual([]);
      const { payload } = await functions.invoke('worker', {});
      expect(dirname((payload as Counted).directory)).toBe(temporaryRoot);
    },
    {},
    { temporaryRoot },
  );
  expect(await readdir(temporaryRoot)).toEqual([]);
  await rm(root, { recursive: true });
});

test('a function that writes more than its storage holds is ended', () =>
  withFunctions(
    `import { mkdirSync, writeFileSync } from 'node:fs';
     import { tmpdir } from 'node:os';
     export const handler = async ({ mb, ms }) => {
       mkdirSync(tmpdir() + '/deep', { recursive: true });
       writeFileSync(tmpdir() + '/deep/file', Buffer.alloc(mb * 2 ** 20));
       await new Promise((resolve) => setTimeout(resolve, ms));
       return 'written';
     };`,
    async ({ functions }) => {
      expect(await functions.invoke('worker', { mb: 1, ms: 700 })).toEqual({ payload: 'written' });
      expect(await functions.invoke('worker', { mb: 3, ms: 20_000 })).toMatchObject({
        functionError: 'Error',
        payload: { errorMessage: 'ENOSPC: no space left on device, write' },
      });
    },
    { storageMb: 2 },
  ));

test('buffers that are garbage are not held against a function', () =>
  withFunctions(
    `export const handler = async () => {
       for (let i = 0; i < 60; i++) {
         Buffer.alloc(2 ** 24, i);
         await new Promise((resolve) => setTimeout(resolve, 5));
       }
       return 'done';
     };`,
    async ({ functions }) => {
      expect(await functions.invoke('worker', {})).toEqual({ payload: 'done' });
    },
  ));

test('what a function prints is its log', () =>
  withFunctions(
    "export const handler = () => { console.log('out'); console.error('err'); };",
    async (written) => {
      await written.functions.invoke('worker', {});
      await until(
        async () => written.output,
        (text) => text.includes('out\n') && text.includes('err\n'),
      );
    },
  ));

test.each(['other', arnOf('other'), `${arnOf('worker')}:1`, `${arnOf('worker')}:live`, 'worker:2', ''])(
  'the function %p is not found',
  (name) =>
    withFunctions('export const handler = () => 1;', async ({ functions }) => {
      await expect(functions.invoke(name, {})).rejects.toMatchObject({
        name: 'ResourceNotFoundException',
        message: `Function not found: ${name}`,
      });
    }),
);
