import { InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { CallFault } from '../../../src/local/faults/call-faults.ts';
import type { FunctionCall } from '../../../src/local/faults/call-log.ts';
import { count, GatedServices, get, put, type Step } from './call-harness.ts';

let services: GatedServices;
beforeAll(async () => {
  services = await GatedServices.start();
});
afterAll(() => services.stop());
afterEach(() => {
  services.gate.setFaults();
  services.gate.tellCalls(undefined);
});

const MB = 2 ** 20;
const dead = {
  functionError: 'Runtime.ExitError',
  payload: { errorMessage: expect.stringContaining('killed') },
};
const failed = (functionError: string) => ({ functionError });
const tried = (...attempts: number[]) => ({ payload: { attempts } });
const slowDown = { status: 503, code: 'SlowDown' };
const throttled = { status: 400, code: 'ProvisionedThroughputExceededException' };

test.each<[string, Omit<CallFault, 'caller'>, object, number | undefined]>([
  ['killed before a put', { fault: 'kill-before' }, dead, undefined],
  ['killed after a put', { fault: 'kill-after' }, dead, 10],
  ['cut off before a put', { fault: 'reset-before', nth: 1 }, tried(2), 10],
  ['cut off after a put', { fault: 'reset-after', times: 2 }, tried(3), 10],
  ['throttled once', { fault: slowDown, nth: 1 }, tried(2), 10],
  ['throttled too often', { fault: slowDown }, failed('SlowDown'), undefined],
  ['refused', { fault: { status: 403, code: 'AccessDenied' } }, failed('AccessDenied'), undefined],
  ['not meant', { fault: 'kill-before', operation: 'GetObject' }, tried(1), 10],
])('S3: %s', async (key, fault, result, size) => {
  services.gate.setFaults({ calls: [{ service: 's3', operation: 'PutObject', ...fault }] });
  expect(await services.work([put(key)])).toMatchObject(result);
  services.gate.setFaults();
  expect(await services.sizeOf(key)).toBe(size);
});

test.each<[string, Omit<CallFault, 'caller'>, object, number]>([
  ['killed before a count', { fault: 'kill-before' }, dead, 0],
  ['killed after a count', { fault: 'kill-after' }, dead, 1],
  ['cut off before a count', { fault: 'reset-before', nth: 1 }, tried(2), 1],
  ['cut off after a count, which is then done twice', { fault: 'reset-after', nth: 1 }, tried(2), 2],
  ['throttled once', { fault: throttled, nth: 1 }, tried(2), 1],
  ['throttled too often', { fault: throttled }, failed('ProvisionedThroughputExceededException'), 0],
])('DynamoDB: %s', async (id, fault, result, counted) => {
  services.gate.setFaults({ calls: [{ operation: 'UpdateItem', ...fault }] });
  expect(await services.work([count(id)])).toMatchObject(result);
  services.gate.setFaults();
  expect(await services.counter(id)).toBe(counted);
});

test('a thread that was killed is not used again', async () => {
  services.gate.setFaults({ calls: [{ operation: 'UpdateItem', nth: 2, fault: 'kill-after' }] });
  const steps = [count('again'), count('again')];
  expect(await services.work(steps)).toMatchObject(dead);
  expect(await services.work(steps)).toMatchObject({ payload: { attempts: [1, 1], invocations: 1 } });
  expect(await services.work(steps)).toMatchObject({ payload: { invocations: 2 } });
  expect(await services.counter('again')).toBe(6);
});

test.each<[string, CallFault['fault'], Step, boolean]>([
  ['sent before', 'kill-before', put('large', 8 * MB), false],
  ['sent after', 'kill-after', put('large', 8 * MB), true],
  ['read before', 'kill-before', get('stored'), true],
  ['read after', 'kill-after', get('stored'), true],
])('a thread dies amid large objects and other calls: %s', async (id, fault, step, performed) => {
  await services.work([put('stored', 8 * MB)]);
  const operation = step.command.replace('Command', '');
  services.gate.setFaults({ calls: [{ operation, nth: 1, fault }] });
  // The others are cut off in their midst, by a thread that is gone.
  const others = [put('other', 8 * MB), get('stored'), ...Array.from({ length: 8 }, () => count(id))];
  expect(await services.work([step, ...others], true)).toMatchObject(dead);
  services.gate.setFaults();
  const key = (step.input as { readonly Key: string }).Key;
  if (performed) expect(await services.sizeOf(key)).toBe(8 * MB);
  expect(await services.work([count(`${id} then`)])).toMatchObject(tried(1));
});

test('a thread that is killed while nothing befalls its calls leaves its services alive', async () => {
  const killed: Promise<void>[] = [];
  services.gate.tellCalls(({ environment, nthInInvocation }) => {
    if (nthInInvocation === 3) killed.push(services.functions.kill(environment));
  });
  const steps = [put('a', 8 * MB), count('killed'), get('stored'), put('b', 8 * MB), count('killed')];
  expect(await services.work(steps, true)).toMatchObject(dead);
  await Promise.all(killed);
  services.gate.tellCalls(undefined);
  expect(await services.work([count('alive'), put('alive')])).toMatchObject(tried(1, 1));
});

test('calls are told with their function, invocation and fault', async () => {
  const told: FunctionCall[] = [];
  services.gate.tellCalls((call) => told.push(call));
  services.gate.setFaults({ calls: [{ service: 's3', nth: 1, fault: slowDown }] });
  await services.work([count('told'), put('told')]);
  await services.work([put('told')]);
  await services.counter('told');
  expect(told).toMatchObject([
    { service: 'dynamodb', operation: 'UpdateItem', path: '/', nth: 1, nthInInvocation: 1 },
    {
      service: 's3',
      operation: 'PutObject',
      path: '/bucket/told',
      nth: 1,
      nthInInvocation: 2,
      fault: slowDown,
    },
    { service: 's3', operation: 'PutObject', nth: 2, nthInInvocation: 3 },
    { service: 's3', operation: 'PutObject', nth: 3, nthInInvocation: 1 },
  ]);
  expect(told.every(({ functionName }) => functionName === 'Stack-Worker')).toBe(true);
  expect(new Set(told.map(({ environment }) => environment)).size).toBe(1);
  expect(new Set(told.map(({ invocationId }) => invocationId)).size).toBe(2);
});

test('who is no function is struck only by name', async () => {
  const write = () => services.s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'mine', Body: 'text' }));
  services.gate.setFaults({ calls: [{ fault: slowDown }] });
  expect((await write()).$metadata.attempts).toBe(1);
  services.gate.setFaults({ calls: [{ caller: 'LOCALUSER', nth: 1, fault: slowDown }] });
  expect((await write()).$metadata.attempts).toBe(2);
});

test.each<[string, CallFault['fault']]>([
  ['cut off before', 'reset-before'],
  ['cut off after', 'reset-after'],
  ['throttled', { status: 429, code: 'ThrottlingException' }],
])('over HTTP/2 an invocation of a model is %s, and tried again', async (_, fault) => {
  services.gate.setFaults({ calls: [{ caller: 'LOCALUSER', operation: 'InvokeModel', nth: 1, fault }] });
  const { $metadata, body } = await services.models.send(
    new InvokeModelCommand({ modelId: 'amazon.titan-embed-text-v2:0', body: '{"inputText":"text"}' }),
  );
  expect($metadata.attempts).toBe(2);
  expect(JSON.parse(body.transformToString())).toMatchObject({ inputTextTokenCount: 1 });
});
