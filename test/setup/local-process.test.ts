import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  ListStateMachinesCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { FunctionCall } from '../../src/local/faults/call-log.ts';
import { LocalProcess, type LocalProcessOptions } from './local-process.ts';
import { until } from './local-stack.ts';

/** Lists what is in the bucket. */
const code = `
const { createRequire } = require('node:module');
const { S3Client, ListObjectsV2Command } = createRequire(process.env.PROJECT)('@aws-sdk/client-s3');
exports.handler = async () => {
  const { KeyCount } = await new S3Client({}).send(new ListObjectsV2Command({ Bucket: process.env.BUCKET }));
  return KeyCount;
};`;

const template = {
  Resources: {
    Bucket: { Type: 'AWS::S3::Bucket' },
    Worker: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        ...{ Code: { S3Key: 'code.zip' }, Handler: 'index.handler', Runtime: 'nodejs24.x', Timeout: 20 },
        MemorySize: 512,
        Environment: { Variables: { PROJECT: `${process.cwd()}/`, BUCKET: { Ref: 'Bucket' } } },
      },
    },
    Machine: {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: {
        RoleArn: 'arn:aws:iam::123456789012:role/machine',
        DefinitionString: JSON.stringify({
          QueryLanguage: 'JSONata',
          StartAt: 'Work',
          States: {
            Work: {
              Type: 'Task',
              Resource: 'arn:aws:states:::lambda:invoke',
              Arguments: { FunctionName: 'Stack-Worker' },
              Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 60 }],
              Output: '{% $states.result.Payload %}',
              End: true,
            },
          },
        }),
      },
    },
  },
  Outputs: { bucketName: { Value: { Ref: 'Bucket' } } },
};
const assets = { files: { a: { source: { path: 'code' }, destinations: { d: { objectKey: 'code.zip' } } } } };

let directory: string;
let options: LocalProcessOptions;
let local: LocalProcess | undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'local-process-'));
  await mkdir(join(directory, 'code'));
  await writeFile(join(directory, 'code/index.js'), code);
  await writeFile(join(directory, 'Stack.template.json'), JSON.stringify(template));
  await writeFile(join(directory, 'Stack.assets.json'), JSON.stringify(assets));
  // Its template has no roles.
  const where = { assembly: { directory, stackName: 'Stack' }, directory: join(directory, 'state') };
  options = { ...where, enforceIam: false };
});
afterEach(async () => {
  await local?.stop();
  local = undefined;
});
afterAll(() => rm(directory, { recursive: true }));

const isAlive = async (pid: number): Promise<boolean> => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** With the endpoints of the process that runs now. */
async function withS3<T>(running: LocalProcess, act: (s3: S3Client) => Promise<T>): Promise<T> {
  const s3 = new S3Client(running.settings('S3'));
  try {
    return await act(s3);
  } finally {
    s3.destroy();
  }
}

test('what was put is there after a kill', async () => {
  local = await LocalProcess.start(options);
  const { pid, outputs } = local;
  const object = { Bucket: outputs['bucketName'], Key: 'key' };
  await withS3(local, (s3) => s3.send(new PutObjectCommand({ ...object, Body: 'text' })));
  await local.kill();
  expect(await isAlive(pid)).toBe(false);
  await local.restart();
  expect(local.pid).not.toBe(pid);
  const text = await withS3(local, async (s3) => {
    const { Body } = await s3.send(new GetObjectCommand(object));
    return Body?.transformToString();
  });
  expect(text).toBe('text');
});

test('faults strike in it, its calls are told, and its clock runs as fast as it should', async () => {
  const told: FunctionCall[] = [];
  local = await LocalProcess.start({ ...options, speed: 600, onCall: (call) => told.push(call) });
  await local.setFaults({
    calls: [{ caller: 'Worker', operation: 'ListObjectsV2', nth: 1, fault: 'kill-after' }],
  });
  const sfn = new SFNClient(local.settings('SFN'));
  const { stateMachines } = await sfn.send(new ListStateMachinesCommand({}));
  const { stateMachineArn } = stateMachines?.[0] ?? {};
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn }));
  const ended = await until(
    () => sfn.send(new DescribeExecutionCommand({ executionArn })),
    ({ status }) => status !== 'RUNNING',
  );
  sfn.destroy();
  expect(ended).toMatchObject({ status: 'SUCCEEDED', output: expect.stringMatching(/^\d$/) });
  const elapsed = Number(ended.stopDate) - Number(ended.startDate);
  expect(elapsed).toBeGreaterThanOrEqual(60_000);
  expect(told).toMatchObject([
    { functionName: 'Stack-Worker', service: 's3', operation: 'ListObjectsV2', nth: 1, fault: 'kill-after' },
    { functionName: 'Stack-Worker', service: 's3', operation: 'ListObjectsV2', nth: 2 },
  ]);
  expect(told[0]?.environment).not.toBe(told[1]?.environment);
});

test('a plan that is refused is refused in it too', async () => {
  local = await LocalProcess.start(options);
  const fault = { nth: 0, fault: 'kill-after' } as const;
  await expect(local.setFaults({ calls: [fault] })).rejects.toThrow('nth must be a whole number from 1');
  await local.setFaults(undefined);
  await local.kill();
  await expect(local.setFaults(undefined)).rejects.toThrow('not running');
});

test('what cannot start says why', async () => {
  const assembly = { ...options.assembly, stackName: 'Other' };
  await expect(LocalProcess.start({ ...options, assembly })).rejects.toThrow(/must hold Other.template.json/);
});

test('it does not outlive a parent that is killed', async () => {
  const module = pathToFileURL(join(process.cwd(), 'test/setup/local-process.ts')).href;
  const program = `
    import { LocalProcess } from '${module}';
    console.log((await LocalProcess.start(${JSON.stringify(options)})).pid);`;
  const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program]);
  const [printed] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(printed.toString());
  expect(await isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await until(
    () => isAlive(pid),
    (alive) => !alive,
  );
});
