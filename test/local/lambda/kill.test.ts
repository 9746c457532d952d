import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '../../../src/local/clock.ts';
import { createFunctions, type Functions } from '../../../src/local/lambda/functions.ts';
import { until } from '../../setup/local-stack.ts';

/** Writes its token at once, for whoever wants to kill it while it waits. */
const code = `
exports.handler = async ({ waits, exits, spins }) => {
  console.log(process.env.AWS_SESSION_TOKEN);
  if (exits) setTimeout(() => process.exit(3), 50);
  if (spins) for (;;);
  if (waits) await new Promise((resolve) => setTimeout(resolve, 60_000));
  return process.env.AWS_SESSION_TOKEN;
};`;
const arn = 'arn:aws:lambda:us-east-1:123456789012:function:worker';

let directory: string;
let functions: Functions;
let output = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lambda-'));
  await writeFile(join(directory, 'index.cjs'), code);
});
beforeEach(() => {
  output = '';
  const settings = { handler: 'index.handler', environment: {}, timeoutSeconds: 10, memoryMb: 128 };
  functions = createFunctions({
    functions: [{ name: 'worker', arn, directory, ...settings }],
    variables: {},
    clock: realClock,
    onOutput: (_, text) => {
      output += text;
    },
  });
});
afterEach(() => functions.close());
afterAll(() => rm(directory, { recursive: true }));

const tokenOf = async (event: object): Promise<string> => {
  const result = await functions.invoke(arn, event);
  return String(result.payload);
};
const printed = () =>
  until(
    async () => output.trim(),
    (text) => text.length === 36,
  );
const killed = {
  functionError: 'Runtime.ExitError',
  payload: {
    errorType: 'Runtime.ExitError',
    errorMessage: expect.stringMatching(
      /^RequestId: [0-9a-f-]{36} Error: Runtime exited with error: signal: killed$/,
    ),
  },
};

test('a thread has a token of its own, by which it is found while it lives', async () => {
  const token = await tokenOf({});
  expect(token).toMatch(/^[0-9a-f-]{36}$/);
  expect(await tokenOf({})).toBe(token);
  const [one, other] = await Promise.all([tokenOf({}), tokenOf({})]);
  expect(one).not.toBe(other);
  expect(functions.running(token)).toEqual({ functionName: 'worker', invocationId: undefined });
  expect(functions.running('no such token')).toBeUndefined();
});

test('an invocation whose thread is killed ends, and the next one has another thread', async () => {
  const invocation = functions.invoke(arn, { waits: true });
  const token = await printed();
  expect(functions.running(token)?.invocationId).toMatch(/^[0-9a-f-]{36}$/);
  await functions.kill(token);
  expect(await invocation).toEqual(killed);
  expect(functions.running(token)).toBeUndefined();
  expect(await tokenOf({})).not.toBe(token);
});

test('a thread that never comes to rest can be killed, even twice at once', async () => {
  const token = await tokenOf({});
  const invocation = functions.invoke(arn, { spins: true });
  await realClock.sleep(50);
  await Promise.all([functions.kill(token), functions.kill(token)]);
  expect(await invocation).toEqual(killed);
});

test('a thread that was killed or ended by itself between two events is not asked again', async () => {
  const first = await tokenOf({});
  await functions.kill(first);
  expect(functions.running(first)).toBeUndefined();
  const second = await tokenOf({ exits: true });
  expect(second).not.toBe(first);
  await realClock.sleep(200);
  expect(await tokenOf({})).not.toBe(second);
  await functions.kill('no such token');
});
