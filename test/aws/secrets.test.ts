import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { secretReader } from '../../src/aws/secrets.ts';
import { realClock } from '../../src/local/clock.ts';
import type { Endpoint } from '../../src/local/http/listen.ts';
import { startSecrets } from '../../src/local/secrets/server.ts';

const place = { clock: realClock, region: 'us-east-1', account: '123456789012' };
const secrets = {
  plain: 'hf_plain\n',
  json: '{"token": "hf_json"}',
  other: '{"password": "hf_hidden"}',
  broken: '{"token": hf_hidden',
  empty: ' ',
  text: 'hf_hidden is the token',
};

let server: Endpoint;
let client: SecretsManagerClient;
beforeAll(async () => {
  server = await startSecrets({ ...place, secrets });
  const credentials = { accessKeyId: 'LOCALTEST', secretAccessKey: 'local' };
  client = new SecretsManagerClient({ endpoint: server.url, region: place.region, credentials });
});
afterAll(async () => {
  client.destroy();
  await server.close();
});

test.each([
  ['plain', 'hf_plain'],
  ['json', 'hf_json'],
])('reads a token as %s', async (id, token) => {
  expect(await secretReader(client)(id)).toBe(token);
});

test.each(['other', 'broken', 'empty', 'text'])('refuses a secret without a token: %s', async (id) => {
  const error = await secretReader(client)(id).catch((error: unknown) => error);
  expect(error).toMatchObject({
    kind: 'InvalidInput',
    message: `Cannot read the secret ${id}: it must be a token as plain text, or JSON such as {"token": "hf_…"}.`,
  });
  expect(String(error)).not.toContain('hidden');
});

test('a secret that does not exist is not found', async () => {
  await expect(secretReader(client)('none')).rejects.toMatchObject({
    kind: 'NotFound',
    message: expect.stringContaining('must have a secret of this name'),
  });
});

test('a secret is read once a minute, a fault is not kept', async () => {
  const send = jest.spyOn(client, 'send');
  let now = 1_000_000;
  const read = secretReader(client, () => now);
  send.mockImplementationOnce(() => Promise.reject(new Error('a passing fault')));
  await expect(read('plain')).rejects.toThrow('a passing fault');
  expect(await Promise.all([read('plain'), read('plain')])).toEqual(['hf_plain', 'hf_plain']);
  now += 59_999;
  expect(await read('plain')).toBe('hf_plain');
  expect(send).toHaveBeenCalledTimes(2);
  now += 1;
  send.mockImplementationOnce(() => Promise.resolve({ SecretString: 'hf_replaced' }));
  expect(await read('plain')).toBe('hf_replaced');
  expect(await read('plain')).toBe('hf_replaced');
  expect(send).toHaveBeenCalledTimes(3);
  send.mockRestore();
});

test('a fault that comes late does not take away what was read since', async () => {
  const send = jest.spyOn(client, 'send');
  let now = 0;
  const read = secretReader(client, () => now);
  let fail: (error: Error) => void = () => undefined;
  send.mockImplementationOnce(() => new Promise((_, reject) => (fail = reject)));
  const early = read('plain');
  now += 60_000;
  expect(await read('plain')).toBe('hf_plain');
  fail(new Error('timed out'));
  await expect(early).rejects.toThrow('timed out');
  expect(await read('plain')).toBe('hf_plain');
  expect(send).toHaveBeenCalledTimes(2);
  send.mockRestore();
});
