import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import {
  CopyObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { realClock } from '../../../src/local/clock.ts';
import { startDynamoDB } from '../../../src/local/dynamodb/server.ts';
import { Gate } from '../../../src/local/http/gate.ts';
import { Access } from '../../../src/local/iam/access.ts';
import { AccessDenied } from '../../../src/local/iam/access-denied.ts';
import { Authorization } from '../../../src/local/iam/authorization.ts';
import type { Permissions } from '../../../src/local/iam/permissions.ts';
import { startS3 } from '../../../src/local/s3/server.ts';
import { startSecrets } from '../../../src/local/secrets/server.ts';
import { Started } from '../../../src/local/started.ts';

const account = { account: '123456789012', region: 'us-east-1', partition: 'aws' };

const trust = {
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Principal: { Service: ['lambda.amazonaws.com', 'states.amazonaws.com'] },
  },
};
const role = (name: string, ...Statement: readonly unknown[]) => ({
  ...{ name, arn: `arn:aws:iam::123456789012:role/${name}`, trust },
  policies: [{ name: `of ${name}`, document: { Version: '2012-10-17', Statement } }],
});
const allow = (Action: string | string[], Resource: string | string[], Condition?: unknown) => ({
  ...{ Effect: 'Allow', Action, Resource },
  ...(Condition !== undefined && { Condition }),
});
const table = 'arn:aws:dynamodb:us-east-1:123456789012:table/jobs';

const permissions: Permissions = {
  roles: [
    role(
      'reader',
      allow('s3:GetObject', 'arn:aws:s3:::data/*'),
      allow('dynamodb:GetItem', table),
      allow('dynamodb:PutItem', table),
    ),
    role(
      'lister',
      allow(['s3:GetObject', 's3:PutObject'], 'arn:aws:s3:::data/*'),
      allow('s3:ListBucket', 'arn:aws:s3:::data', { StringLike: { 's3:prefix': 'runs/*' } }),
      allow('dynamodb:Query', `${table}/index/byName`),
    ),
  ],
  functionRoles: new Map([
    ['stack-reader', 'arn:aws:iam::123456789012:role/reader'],
    ['stack-lister', 'arn:aws:iam::123456789012:role/lister'],
  ]),
  resourcePolicies: [
    {
      resource: 'arn:aws:s3:::data',
      policy: {
        name: 'of data',
        document: {
          Version: '2012-10-17',
          Statement: [
            {
              ...{ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: 'arn:aws:s3:::data/*' },
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            },
            {
              Effect: 'Deny',
              Principal: '*',
              Action: 's3:GetObject',
              Resource: 'arn:aws:s3:::data/closed/*',
            },
          ],
        },
      },
    },
  ],
  stateMachines: [
    {
      arn: 'arn:aws:states:us-east-1:123456789012:stateMachine:run',
      roleArn: 'arn:aws:iam::123456789012:role/reader',
      labels: [],
    },
  ],
  creationNeeds: [],
};

const access = new Access(account, realClock);
const started = new Started();
const endpoints = { s3: '', dynamodb: '', secrets: '' };

beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'local-iam-'));
  started.add({ close: () => rm(directory, { recursive: true }) });
  const gate = new Gate({ running: () => undefined, kill: async () => undefined }, (service) =>
    access.before(service),
  );
  const s3 = await startS3({
    directory: join(directory, 's3'),
    clock: realClock,
    intercept: gate.before('s3'),
  });
  const dynamodb = await startDynamoDB({
    directory: join(directory, 'db'),
    intercept: gate.before('dynamodb'),
  });
  const secrets = await startSecrets({
    ...{ ...account, clock: realClock, secrets: { token: 'hf_1' } },
    intercept: gate.before('secretsmanager'),
  });
  for (const server of [s3, dynamodb, secrets]) started.add(server);
  Object.assign(endpoints, { s3: s3.url, dynamodb: dynamodb.url, secrets: secrets.url });
  await s3.createBucket('data');
  await dynamodb.createTable({
    TableName: 'jobs',
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
  });
  access.enforce(permissions);
});
afterAll(() => started.close());

type Settings = { readonly region: string; readonly credentials: Readonly<Record<string, string>> };

function settingsOf(accessKeyId: string, sessionToken?: string) {
  const credentials = { accessKeyId, secretAccessKey: 'x', ...(sessionToken && { sessionToken }) };
  return { region: 'us-east-1', credentials, maxAttempts: 1 } satisfies Settings & { maxAttempts: number };
}

async function s3As<T>(key: string, use: (client: S3Client) => Promise<T>, token?: string): Promise<T> {
  const client = new S3Client({ ...settingsOf(key, token), endpoint: endpoints.s3, forcePathStyle: true });
  return use(client).finally(() => client.destroy());
}

async function tableAs<T>(key: string, use: (client: DynamoDBClient) => Promise<T>): Promise<T> {
  const client = new DynamoDBClient({ ...settingsOf(key), endpoint: endpoints.dynamodb });
  return use(client).finally(() => client.destroy());
}

const put = (Key: string) =>
  s3As('LOCALUSER', (s3) => s3.send(new PutObjectCommand({ Bucket: 'data', Key, Body: Key })));
const get = (key: string, Key: string) =>
  s3As(key, (s3) => s3.send(new GetObjectCommand({ Bucket: 'data', Key })));

const refused = (action: string, resource: string, why: string, who = 'reader/stack-reader') =>
  `User: arn:aws:sts::123456789012:assumed-role/${who} is not authorized to perform: ${action} on resource: ${resource} ${why}`;
const without = (action: string) => `because no identity-based policy allows the ${action} action`;

test('what the role of a function allows is done', async () => {
  await put('inputs/a');
  const { Body } = await s3As('LOCALstackreader', async (s3) => {
    const found = await s3.send(new GetObjectCommand({ Bucket: 'data', Key: 'inputs/a' }));
    return { Body: await found.Body?.transformToString() };
  });
  expect(Body).toBe('inputs/a');
});

test('what it does not allow is denied in AWS’s sentence, and not done', async () => {
  const Body = Buffer.alloc(300_000);
  const writing = s3As('LOCALstackreader', (s3) =>
    s3.send(new PutObjectCommand({ Bucket: 'data', Key: 'inputs/b', Body })),
  );
  const message = refused('s3:PutObject', 'arn:aws:s3:::data/inputs/b', without('s3:PutObject'));
  await expect(writing).rejects.toMatchObject({
    ...{ name: 'AccessDenied', message },
    $metadata: { httpStatusCode: 403 },
  });
  await expect(get('LOCALUSER', 'inputs/b')).rejects.toMatchObject({ name: 'NoSuchKey' });
});

test('the policy of a bucket denies whatever a role allows', async () => {
  await put('closed/a');
  const why = 'with an explicit deny in a resource-based policy';
  await expect(get('LOCALstackreader', 'closed/a')).rejects.toMatchObject({
    message: refused('s3:GetObject', 'arn:aws:s3:::data/closed/a', why),
  });
});

test('a listing is allowed by its prefix', async () => {
  const listing = (Prefix: string) =>
    s3As('LOCALstacklister', (s3) => s3.send(new ListObjectsV2Command({ Bucket: 'data', Prefix })));
  expect((await listing('runs/')).KeyCount).toBe(0);
  await expect(listing('inputs/')).rejects.toMatchObject({ name: 'AccessDenied' });
});

test.each([
  ['may not list', 'LOCALstackreader', 'runs/none'],
  ['may list only elsewhere', 'LOCALstacklister', 'inputs/none'],
])('what is missing is forbidden to who %s', async (_who, key, Key) => {
  await expect(get(key, Key)).rejects.toMatchObject({
    name: 'AccessDenied',
    message: expect.stringContaining(
      'is not authorized to perform: s3:ListBucket on resource: arn:aws:s3:::data ',
    ),
    $metadata: { httpStatusCode: 403 },
  });
  const heading = s3As(key, (s3) => s3.send(new HeadObjectCommand({ Bucket: 'data', Key })));
  await expect(heading).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
});

test('what is missing is missing to who may list there', async () => {
  await expect(get('LOCALstacklister', 'runs/none')).rejects.toMatchObject({ name: 'NoSuchKey' });
});

test('a bucket that is missing is missing to everybody', async () => {
  access.enforce({
    ...permissions,
    roles: permissions.roles.map((each) => role(each.name, allow('s3:GetObject', '*'))),
  });
  const reading = s3As('LOCALstackreader', (s3) =>
    s3.send(new GetObjectCommand({ Bucket: 'none', Key: 'a' })),
  );
  await expect(reading).rejects.toMatchObject({ name: 'NoSuchBucket' });
});

test('a copy needs leave to read its source', async () => {
  access.enforce(permissions);
  const copying = s3As('LOCALstacklister', (s3) =>
    s3.send(new CopyObjectCommand({ Bucket: 'data', Key: 'runs/copy', CopySource: 'other/a' })),
  );
  const message = refused(
    's3:GetObject',
    'arn:aws:s3:::other/a',
    without('s3:GetObject'),
    'lister/stack-lister',
  );
  await expect(copying).rejects.toMatchObject({ message });
});

test('DynamoDB reads a body that was looked at before', async () => {
  const Item = { id: { S: 'é'.repeat(60_000) }, text: { S: 'x'.repeat(250_000) } };
  const short = { id: { S: 'a' }, text: Item.text };
  await tableAs('LOCALstackreader', (client) =>
    client.send(new PutItemCommand({ TableName: 'jobs', Item: short })),
  );
  const found = await tableAs('LOCALstackreader', (client) =>
    client.send(new GetItemCommand({ TableName: 'jobs', Key: { id: { S: 'a' } } })),
  );
  expect(found.Item).toEqual(short);
});

test('DynamoDB denies with a status of 400', async () => {
  const reading = tableAs('LOCALstacklister', (client) =>
    client.send(new GetItemCommand({ TableName: 'jobs', Key: { id: { S: 'a' } } })),
  );
  await expect(reading).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: refused('dynamodb:GetItem', table, without('dynamodb:GetItem'), 'lister/stack-lister'),
    $metadata: { httpStatusCode: 400 },
  });
});

test('leave to read an index is none to read the table', async () => {
  const query = {
    TableName: 'jobs',
    KeyConditionExpression: 'id = :id',
    ExpressionAttributeValues: { ':id': { S: 'a' } },
  };
  const querying = tableAs('LOCALstacklister', (client) => client.send(new QueryCommand(query)));
  await expect(querying).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

test('a call of which nobody knows what it needs is denied by name', async () => {
  const client = new SecretsManagerClient({ ...settingsOf('LOCALstackreader'), endpoint: endpoints.secrets });
  const asking = client
    .send(new GetSecretValueCommand({ SecretId: 'token' }))
    .finally(() => client.destroy());
  await expect(asking).rejects.toMatchObject({
    message: expect.stringContaining(
      'secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:123456789012:secret:token-locall ',
    ),
  });
  const creating = tableAs('LOCALstackreader', (db) =>
    db.send(
      Object.assign(new CreateTableCommand({ TableName: 'x', KeySchema: [], AttributeDefinitions: [] }), {}),
    ),
  );
  await expect(creating).rejects.toMatchObject({ name: 'AccessDeniedException' });
  const response = await fetch(endpoints.dynamodb, {
    method: 'POST',
    headers: {
      authorization: 'AWS4-HMAC-SHA256 Credential=LOCALstackreader/20261120/us-east-1/dynamodb/aws4_request',
      'x-amz-target': 'DynamoDB_20120810.TransactWriteItems',
    },
    body: '{}',
  });
  expect(await response.json()).toMatchObject({
    message:
      'The local AWS does not know what stack-reader must be allowed for TransactWriteItems of dynamodb.',
  });
});

test('who does not sign, or signs as a function that is not there, is refused', async () => {
  expect(await (await fetch(`${endpoints.s3}/data/inputs/a`)).text()).toContain('MissingAuthenticationToken');
  await expect(get('LOCALsomebody', 'inputs/a')).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
});

test('a service that acts as a role is that role', async () => {
  await put('runs/items.json');
  const reading = (token: string) =>
    s3As(
      'LOCALSTATES',
      (s3) => s3.send(new GetObjectCommand({ Bucket: 'data', Key: 'runs/items.json' })),
      token,
    );
  await expect(reading('arn:aws:iam::123456789012:role/reader')).resolves.toBeDefined();
  await expect(reading('arn:aws:iam::123456789012:role/none')).rejects.toMatchObject({
    message: 'The local AWS does not know the role arn:aws:iam::123456789012:role/none of states.',
  });
});

test('the report tells grants that were used from those that were not, and what was denied', async () => {
  access.enforce(permissions);
  await put('inputs/a');
  await get('LOCALstackreader', 'inputs/a');
  await expect(get('LOCALstackreader', 'closed/a')).rejects.toThrow();
  const { grants, denied } = access.report();
  const uses = (action: string) =>
    grants.find((grant) => grant.owner === 'reader' && grant.action === action)?.uses;
  expect([uses('s3:GetObject'), uses('dynamodb:PutItem')]).toEqual([1, 0]);
  expect(denied).toEqual([expect.stringContaining('arn:aws:s3:::data/closed/a with an explicit deny')]);
});

test('of several resources one is enough, and none at all is not', () => {
  const authorization = new Authorization({ account, clock: realClock, permissions });
  const asked = (...resources: readonly string[]) =>
    authorization.denialOf('arn:aws:iam::123456789012:role/reader', 'f', {
      action: 'dynamodb:GetItem',
      resources,
    });
  expect(asked('arn:aws:dynamodb:us-east-1:123456789012:table/none', table)).toBeUndefined();
  expect(asked('arn:aws:dynamodb:us-east-1:123456789012:table/none')).toBeInstanceOf(AccessDenied);
  expect(asked()).toBeInstanceOf(AccessDenied);
});

test('functions that could not be told apart are refused', () => {
  const functionRoles = new Map([
    ['a-b', 'arn:aws:iam::123456789012:role/reader'],
    ['ab', 'arn:aws:iam::123456789012:role/reader'],
  ]);
  expect(() => access.enforce({ ...permissions, functionRoles })).toThrow('the functions a-b and ab apart');
});

test('a function whose role Lambda may not assume is refused', () => {
  const roles = permissions.roles.map((each) => ({
    ...each,
    trust: {
      Version: '2012-10-17',
      Statement: { ...trust.Statement, Principal: { Service: 'states.amazonaws.com' } },
    },
  }));
  expect(() => access.enforce({ ...permissions, roles })).toThrow(
    'its role cannot be assumed. Service: lambda.amazonaws.com is not authorized to perform: sts:AssumeRole',
  );
});
