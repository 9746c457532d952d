import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Clock } from '../../../src/local/clock.ts';
import { Access } from '../../../src/local/iam/access.ts';
import { unwrapPresigned } from '../../../src/local/s3/presigned.ts';
import { type S3Server, startS3 } from '../../../src/local/s3/server.ts';
import { presign } from '../../contracts/s3/presign.ts';

const Bucket = 'presigned-bucket';
const account = { account: '123456789012', region: 'us-east-1', partition: 'aws' };
const roleArn = 'arn:aws:iam::123456789012:role/reader';
const START = Date.UTC(2026, 0, 1);

let now = START;
const clock: Clock = { now: () => now, sleep: async () => undefined };
const statement = (Action: string, Resource: string) => ({ Effect: 'Allow', Action, Resource });

let directory: string;
let server: S3Server;
const clients: S3Client[] = [];

/** A function whose role may read below `open/`, and what may everything. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 's3-presigned-'));
  const access = new Access(account, clock);
  const trust = {
    ...statement('sts:AssumeRole', ''),
    Resource: undefined,
    Principal: { Service: 'lambda.amazonaws.com' },
  };
  const document = { Statement: [statement('s3:GetObject', `arn:aws:s3:::${Bucket}/open/*`)] };
  access.enforce({
    roles: [
      { arn: roleArn, name: 'reader', trust: { Statement: [trust] }, policies: [{ name: 'read', document }] },
    ],
    functionRoles: new Map([['Reader', roleArn]]),
    ...{ resourcePolicies: [], stateMachines: [], creationNeeds: [] },
  });
  server = await startS3({ directory, clock, intercept: access.before('s3') });
  await server.createBucket(Bucket);
  const user = clientOf('LOCALUSER');
  for (const Key of ['open/a', 'closed/a']) await user.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
});
afterAll(async () => {
  for (const client of clients) client.destroy();
  await server.close();
  await rm(directory, { recursive: true });
});
beforeEach(() => {
  now = START;
});

function clientOf(accessKeyId: string): S3Client {
  const credentials = { accessKeyId, secretAccessKey: 'local', sessionToken: 'of a thread' };
  const client = new S3Client({ endpoint: server.url, region: 'us-east-1', credentials });
  clients.push(client);
  return client;
}

const urlBy = (accessKeyId: string, Key: string) =>
  presign(clientOf(accessKeyId), new GetObjectCommand({ Bucket, Key }), { signingDate: new Date(START) });

test.each([
  { who: 'LOCALReader', key: 'open/a', status: 200, told: 'open/a' },
  { who: 'LOCALReader', key: 'closed/a', status: 403, told: 'assumed-role/reader/Reader is not authorized' },
  { who: 'LOCALReader', key: 'open/none', status: 403, told: 's3:ListBucket' },
  { who: 'LOCALNobody', key: 'open/a', status: 403, told: 'InvalidClientTokenId' },
  { who: 'LOCALUSER', key: 'closed/a', status: 200, told: 'closed/a' },
])('by the URL of $who $key is $status', async ({ who, key, status, told }) => {
  const answer = await fetch(await urlBy(who, key));
  expect([answer.status, await answer.text()]).toEqual([status, expect.stringContaining(told)]);
});

test('it is the local clock by which a URL expires', async () => {
  const url = await urlBy('LOCALUSER', 'open/a');
  now = START + 900_000;
  expect((await fetch(url)).status).toBe(200);
  now += 1000;
  const answer = await fetch(url);
  expect(await answer.text()).toMatch(
    /<Code>AccessDenied<.*Request has expired.*<Expires>2026-01-01T00:15:00Z<.*<ServerTime>2026-01-01T00:15:01Z</s,
  );
});

/** As the first version of the AWS CLI presigns, which the oldest Regions of AWS take still. */
test.each([
  {
    query: `AWSAccessKeyId=LOCALUSER&Signature=x%3D&Expires=${START / 1000 + 1}`,
    status: 200,
    told: 'open/a',
  },
  { query: `AWSAccessKeyId=LOCALReader&Signature=x&Expires=${START / 1000}`, status: 200, told: 'open/a' },
  {
    query: `AWSAccessKeyId=LOCALUSER&Signature=x&Expires=${START / 1000 - 1}`,
    status: 403,
    told: 'has expired',
  },
  { query: 'AWSAccessKeyId=LOCALUSER&Signature=x&Expires=soon', status: 403, told: 'Invalid date' },
  { query: 'AWSAccessKeyId=LOCALUSER&Signature=x', status: 403, told: 'requires the Signature, Expires' },
])('version 2: $query', async ({ query, status, told }) => {
  const answer = await fetch(`${server.url}/${Bucket}/open/a?${query}`);
  expect([answer.status, await answer.text()]).toEqual([status, expect.stringContaining(told)]);
});

const SIGNED = [
  'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=LOCALa%2F20260101%2Fus-east-1%2Fs3%2Faws4_request',
  'X-Amz-Date=20260101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=x',
].join('&');

test.each([
  { url: '/b/k?versionId=v', left: '/b/k?versionId=v', headers: {} },
  { url: `/b/k?${SIGNED}`, left: '/b/k', headers: { authorization: expect.stringContaining('=LOCALa/') } },
  {
    url: `/b/a%2Bb?x-id=GetObject&versionId=a%3Db&${SIGNED}&X-Amz-Security-Token=t%2Fu&x-amz-checksum-mode=ENABLED`,
    left: '/b/a%2Bb?x-id=GetObject&versionId=a%3Db',
    headers: { 'x-amz-security-token': 't/u', 'x-amz-checksum-mode': 'ENABLED' },
  },
])('$url is $left', ({ url, left, headers }) => {
  const message = { url, headers: { host: 'h' } } as unknown as IncomingMessage;
  unwrapPresigned(message, START);
  expect(message.url).toBe(left);
  expect(message.headers).toMatchObject({ host: 'h', ...headers });
});
