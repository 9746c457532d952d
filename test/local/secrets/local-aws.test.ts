import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { startLocalAws } from '../../../src/local/local-aws.ts';

const assembly = {
  stackName: 'Empty',
  template: { Resources: {} },
  assetDirectory: (key: string) => key,
};

test('the local AWS tells functions where its secrets are, and keeps none on disk', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'secrets-'));
  const aws = await startLocalAws({ assembly, directory, secrets: { token: 'hf_1' } });
  const client = new SecretsManagerClient({
    endpoint: aws.environment['AWS_ENDPOINT_URL_SECRETS_MANAGER'] ?? '',
    region: aws.environment['AWS_REGION'] ?? '',
    credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' },
  });
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: 'token' }));
  client.destroy();
  await aws.close();
  expect(SecretString).toBe('hf_1');
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(files.map((file) => readFile(file, 'latin1')));
  expect(texts.filter((text) => text.includes('hf_1'))).toEqual([]);
  await rm(directory, { recursive: true });
});
