import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { realClock } from '../../../src/local/clock.ts';
import { type LocalAws, startLocalAws } from '../../../src/local/local-aws.ts';
import { s3Datasets } from '../../../src/local/states/s3-datasets.ts';
import { distributed, machine } from './machines.ts';

const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
const allow = (Action: string, Resource: string) => ({ Effect: 'Allow', Action, Resource });
const STATES = 'arn:aws:states:us-east-1:123456789012:stateMachine';
const start = (name: string) => allow('states:StartExecution', `${STATES}:${name}`);
const read = allow('s3:GetObject', 'arn:aws:s3:::data/*');
const list = allow('s3:ListBucket', 'arn:aws:s3:::data');

function role(statements: readonly object[]): object {
  const Principal = { Service: 'states.amazonaws.com' };
  const trust = { Effect: 'Allow', Principal, Action: 'sts:AssumeRole' };
  const PolicyDocument = { Version: '2012-10-17', Statement: statements };
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [trust] },
      Policies: [{ PolicyName: 'own', PolicyDocument }],
    },
  };
}

const reader = (resource: string, Arguments: object, ReaderConfig?: object) => ({
  ItemReader: {
    Resource: `arn:aws:states:::s3:${resource}`,
    Arguments,
    ...(ReaderConfig && { ReaderConfig }),
  },
});
const all = { I: { Type: 'Pass', End: true } };
const input = '{% $states.input.prefix %}';
const item = distributed(all, { ...reader('listObjectsV2', { Bucket: 'data', Prefix: input }), End: true });
const csv = distributed(all, {
  ...reader('getObject', { Bucket: 'data', Key: 'table.csv' }, { InputType: 'CSV', CSVDelimiter: 'PIPE' }),
  End: true,
});

function stateMachine(StateMachineName: string, state: object, statements: readonly object[]): object {
  const DefinitionString = JSON.stringify(machine('A', { A: state }));
  const own = { StateMachineName, DefinitionString, RoleArn: arnOf(`${StateMachineName}Role`) };
  return {
    [StateMachineName]: { Type: 'AWS::StepFunctions::StateMachine', Properties: own },
    [`${StateMachineName}Role`]: role([start(StateMachineName), ...statements]),
  };
}

const template = {
  Resources: {
    ...stateMachine('Lists', item, [list]),
    ...stateMachine('Blind', item, [read]),
    ...stateMachine('Reads', csv, [read]),
  },
};

let directory: string;
let aws: LocalAws;
let sfn: SFNClient;

function settings(service: string) {
  return {
    endpoint: aws.environment[`AWS_ENDPOINT_URL_${service}`] ?? '',
    region: 'us-east-1',
    credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' },
  };
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'item-readers-'));
  const assembly = { stackName: 'Stack', template, assetDirectory: () => directory };
  aws = await startLocalAws({ assembly, directory: join(directory, 'state'), clock: realClock });
  sfn = new SFNClient(settings('SFN'));
  const s3 = new S3Client({ ...settings('S3'), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: 'data' }));
  for (const [name, text] of [
    ['table.csv', 'a|b\n1|é\n'],
    ['other', '-'],
  ] as const) {
    await s3.send(new PutObjectCommand({ Bucket: 'data', Key: name, Body: Buffer.from(text) }));
  }
  s3.destroy();
});

afterAll(async () => {
  sfn.destroy();
  await aws.close();
  await rm(directory, { recursive: true });
});

async function run(name: string, given: object) {
  const stateMachineArn = `${STATES}:${name}`;
  const begin = new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(given) });
  const { executionArn } = await sfn.send(begin);
  for (;;) {
    const {
      status,
      output = 'null',
      error,
      cause,
    } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    if (status !== 'RUNNING') return { status, output: JSON.parse(output) as unknown, error, cause };
    await realClock.sleep(20);
  }
}

describe("an ItemReader reads as the state machine's role", () => {
  test('what S3 says of an object', async () => {
    const { output } = await run('Lists', { prefix: 'tab' });
    expect(output).toEqual([
      {
        Etag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
        Key: 'table.csv',
        LastModified: expect.any(Number),
        Size: 9,
        StorageClass: 'STANDARD',
      },
    ]);
    const [{ LastModified }] = output as [{ LastModified: number }];
    expect(Math.abs(LastModified - Date.now() / 1000)).toBeLessThan(3600);
  });

  test('a listing only with s3:ListBucket', async () => {
    const { status, error, cause } = await run('Blind', { prefix: '' });
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'States.ItemReaderFailed' });
    expect(cause).toContain('s3:ListBucket');
  });

  test('a CSV', async () => {
    expect(await run('Reads', {})).toMatchObject({ status: 'SUCCEEDED', output: [{ a: '1', b: 'é' }] });
  });
});

/** An S3 whose pages are short. */
async function pagedS3(pages: readonly (readonly string[])[]) {
  const asked: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    const token = new URL(url, 'http://s3').searchParams.get('continuation-token');
    asked.push(url);
    const page = Number(token ?? 0);
    const contents = (pages[page] ?? []).map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`);
    const more = page + 1 < pages.length;
    const next = more ? `<NextContinuationToken>${page + 1}</NextContinuationToken>` : '';
    const body = `<IsTruncated>${more}</IsTruncated>${next}${contents.join('')}`;
    response.end(`<?xml version="1.0"?><ListBucketResult>${body}</ListBucketResult>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const credentials = { accessKeyId: 'a', secretAccessKey: 's' };
  const client = new S3Client({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials,
    forcePathStyle: true,
  });
  const close = () => {
    client.destroy();
    return new Promise((resolve) => server.close(resolve));
  };
  return { client, asked, close };
}

describe('a listing', () => {
  const request = {
    operation: 'listObjectsV2',
    bucket: 'b',
    prefix: 'p/',
    signal: new AbortController().signal,
  } as const;

  test('goes on with the next page only when its items are asked for', async () => {
    const { client, asked, close } = await pagedS3([['p/1', 'p/2'], ['p/3'], ['p/4']]);
    const keys: string[] = [];
    for await (const each of s3Datasets(client).readItems(request)) {
      keys.push((each as { Key: string }).Key);
      if (keys.length === 3) break;
    }
    expect(keys).toEqual(['p/1', 'p/2', 'p/3']);
    expect(asked).toHaveLength(2);
    expect(asked[0]).toContain('prefix=p%2F');
    await close();
  });
});
