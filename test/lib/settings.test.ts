import { App } from 'aws-cdk-lib';
import { readSettings } from '../../lib/settings.ts';

const settingsOf = (context: Record<string, unknown>) => readSettings(new App({ context }).node);

test('Hugging Face needs no setting', () => {
  expect(settingsOf({})).toMatchObject({
    huggingFaceTokenSecretName: undefined,
    huggingFaceEndpoint: undefined,
  });
});

test.each(['hugging-face-token', 'team/hf_token+=.@', 'x'.repeat(512)])('%s names a secret', (name) => {
  expect(settingsOf({ huggingFaceTokenSecretName: name }).huggingFaceTokenSecretName).toBe(name);
});

test.each([
  ['https://huggingface.co', 'https://huggingface.co'],
  ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080'],
  ['https://mirror.example/hf/', 'https://mirror.example/hf'],
])('%s is an endpoint', (given, endpoint) => {
  expect(settingsOf({ huggingFaceEndpoint: given }).huggingFaceEndpoint).toBe(endpoint);
});

test.each([
  [{ huggingFaceTokenSecretName: '' }, 'the name of a secret'],
  [{ huggingFaceTokenSecretName: 'a b' }, 'the name of a secret'],
  [{ huggingFaceTokenSecretName: 'x'.repeat(513) }, 'the name of a secret'],
  [{ huggingFaceTokenSecretName: 'arn:aws:secretsmanager:us-east-1:1:secret:a' }, 'the name of a secret'],
  [{ huggingFaceTokenSecretName: 7 }, 'the name of a secret'],
  [{ huggingFaceEndpoint: 'huggingface.co' }, 'an http or https URL'],
  [{ huggingFaceEndpoint: 'ftp://huggingface.co' }, 'an http or https URL'],
  [{ huggingFaceEndpoint: 'https://user:secret@huggingface.co' }, 'an http or https URL'],
  [{ huggingFaceEndpoint: 'https://huggingface.co?x=1' }, 'an http or https URL'],
  [{ huggingFaceEndpoint: true }, 'an http or https URL'],
])('%j is refused', (context, rule) => {
  const [name] = Object.keys(context);
  expect(() => settingsOf(context)).toThrow(
    `Cannot synthesize the stack: the context value ${name} must be ${rule}`,
  );
});
