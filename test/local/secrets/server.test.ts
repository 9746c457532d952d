import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  type GetSecretValueCommandInput,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { realClock } from '../../../src/local/clock.ts';
import type { Endpoint } from '../../../src/local/http/listen.ts';
import { startSecrets } from '../../../src/local/secrets/server.ts';

const place = { clock: realClock, region: 'us-east-1', account: '123456789012' };

let server: Endpoint;
let client: SecretsManagerClient;
beforeAll(async () => {
  server = await startSecrets({ ...place, secrets: { 'team/token': 'hf_1' } });
  const credentials = { accessKeyId: 'LOCALTEST', secretAccessKey: 'local' };
  client = new SecretsManagerClient({ endpoint: server.url, region: place.region, credentials });
});
afterAll(async () => {
  client.destroy();
  await server.close();
});

const get = (input: GetSecretValueCommandInput) => client.send(new GetSecretValueCommand(input));

test('answers by name and by ARN, whole or without its end', async () => {
  const byName = await get({ SecretId: 'team/token' });
  expect(byName).toMatchObject({ Name: 'team/token', SecretString: 'hf_1', VersionStages: ['AWSCURRENT'] });
  expect(byName.CreatedDate).toBeInstanceOf(Date);
  expect(byName.ARN).toMatch(/^arn:aws:secretsmanager:us-east-1:123456789012:secret:team\/token-\w{6}$/);
  for (const SecretId of [byName.ARN, byName.ARN?.slice(0, -7)]) {
    expect(await get({ SecretId })).toMatchObject({ SecretString: 'hf_1' });
  }
});

test.each<[string, GetSecretValueCommandInput, string]>([
  ['a secret that was not given', { SecretId: 'other' }, 'ResourceNotFoundException'],
  ['a name of every object', { SecretId: 'constructor' }, 'ResourceNotFoundException'],
  [
    'an earlier version',
    { SecretId: 'team/token', VersionStage: 'AWSPREVIOUS' },
    'ResourceNotFoundException',
  ],
  ['no name', { SecretId: '' }, 'ValidationException'],
])('refuses %s', async (_, input, name) => {
  await expect(get(input)).rejects.toMatchObject({ name });
});

test('refuses operations that it does not have', async () => {
  await expect(client.send(new DescribeSecretCommand({ SecretId: 'team/token' }))).rejects.toMatchObject({
    name: 'UnknownOperationException',
  });
});

test('refuses a body that is no JSON', async () => {
  const headers = { 'x-amz-target': 'secretsmanager.GetSecretValue' };
  const response = await fetch(server.url, { method: 'POST', headers, body: '{' });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ __type: 'SerializationException' });
});
