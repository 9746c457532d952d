import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { shellLines } from '../../bin/local-environment.ts';
import { synthesized } from '../setup/assembly.ts';
import { LocalStack, until } from '../setup/local-stack.ts';

const MIB = 1024 * 1024;
const aws = process.env['AWS_CLI'] || 'aws';
const version = versionOf(aws);
const onCli = version === undefined ? test.skip : test;
/** A machine without the CLI shows what was not tested. */
const named = (name: string) =>
  version === undefined ? `${name} (skipped: there is no AWS CLI on the PATH or in AWS_CLI)` : name;

if (version === undefined)
  console.warn('The tests of the AWS CLI are skipped: it is not on the PATH, nor in AWS_CLI.');

function versionOf(program: string): string | undefined {
  try {
    return execFileSync(program, ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}

let stack: LocalStack;
let directory: string;

beforeAll(async () => {
  if (version === undefined) return;
  directory = await mkdtemp(join(tmpdir(), 'aws-cli-'));
  await writeFile(join(directory, 'default'), '');
  await writeFile(join(directory, 'version-4'), '[default]\ns3 =\n  signature_version = s3v4\n');
  stack = await LocalStack.start(await synthesized());
});
afterAll(async () => {
  if (version === undefined) return;
  await stack.stop();
  await rm(directory, { recursive: true });
});

const file = (name: string) => join(directory, name);

/** Runs the CLI in a shell that has evaluated what `local env` prints, with no settings of whoever runs the test. */
async function cli(args: readonly string[], config = 'default'): Promise<string> {
  const script = [...shellLines(stack.environment), `exec "$0" "$@"`].join('\n');
  const env = {
    ...process.env,
    ...{ AWS_CONFIG_FILE: file(config), AWS_SHARED_CREDENTIALS_FILE: file('none'), AWS_PAGER: '' },
  };
  const { stdout } = await promisify(execFile)('sh', ['-c', script, aws, ...args], { env });
  return stdout;
}

const json = async (...args: readonly string[]) => JSON.parse(await cli([...args, '--output', 'json']));

async function written(name: string, bytes: number): Promise<Buffer> {
  const content = randomBytes(bytes);
  await writeFile(file(name), content);
  return content;
}

describe(`the AWS CLI (${version ?? 'none'})`, () => {
  onCli.each([5, 20])(named('puts a file of %d MB and gets it back'), async (megabytes) => {
    const name = `${megabytes}.bin`;
    const content = await written(name, megabytes * MIB);
    const uri = `s3://${stack.bucket}/inputs/cli/${name}`;
    await cli(['s3', 'cp', '--no-progress', file(name), uri]);
    await cli(['s3', 'cp', '--no-progress', uri, file(`${name}.back`)]);
    expect((await readFile(file(`${name}.back`))).equals(content)).toBe(true);
    const listed = await cli(['s3', 'ls', `s3://${stack.bucket}/inputs/cli/`]);
    expect(listed).toMatch(new RegExp(`^[\\d-]+ [\\d:]+ +${content.length} ${name}$`, 'm'));
  });

  onCli(named('lists and describes objects'), async () => {
    await stack.upload('listed/ä b.txt', 'text');
    await stack.upload('listed/deep/c.txt', 'text');
    const Key = 'inputs/listed/ä b.txt';
    const at = ['--bucket', stack.bucket];
    const listing = ['s3api', 'list-objects-v2', ...at, '--prefix', 'inputs/listed/'];
    expect(await json(...listing, '--delimiter', '/')).toMatchObject({
      ...{ Contents: [{ Key, Size: 4 }], CommonPrefixes: [{ Prefix: 'inputs/listed/deep/' }] },
    });
    const paged = await json(...listing, '--page-size', '1');
    expect(paged.Contents).toHaveLength(2);
    expect(
      await json('s3api', 'head-object', ...at, '--key', Key, '--checksum-mode', 'ENABLED'),
    ).toMatchObject({
      ...{ ContentLength: 4, ChecksumType: 'FULL_OBJECT', VersionId: expect.any(String) },
    });
    const versions = await json('s3api', 'list-object-versions', ...at, '--prefix', Key);
    expect(versions.Versions).toMatchObject([{ Key, IsLatest: true }]);
  });

  onCli.each(['default', 'version-4'])(named('presigns, with its settings of %s'), async (config) => {
    await stack.upload('presigned.txt', 'by a URL');
    const url = await cli(['s3', 'presign', `s3://${stack.bucket}/inputs/presigned.txt`], config);
    const answer = await fetch(url.trim());
    expect([answer.status, await answer.text()]).toEqual([200, 'by a URL']);
    if (config === 'version-4') expect(url).toContain('X-Amz-Signature=');
  });

  onCli(named('starts an execution, describes it and shows its history'), async () => {
    const { stateMachines } = await json('stepfunctions', 'list-state-machines');
    const [{ stateMachineArn }] = stateMachines;
    const start = ['stepfunctions', 'start-execution', '--state-machine-arn', stateMachineArn];
    const { executionArn } = await json(...start, '--name', 'by-cli', '--input', '{"s3_uri": 1}');
    const of = ['--execution-arn', executionArn];
    const described = await until(
      () => json('stepfunctions', 'describe-execution', ...of),
      ({ status }) => status !== 'RUNNING',
    );
    expect(described).toMatchObject({
      name: 'by-cli',
      status: 'FAILED',
      cause: expect.stringContaining('s3_uri'),
    });
    const machine = ['--state-machine-arn', stateMachineArn];
    const { executions } = await json(
      'stepfunctions',
      'list-executions',
      ...machine,
      '--status-filter',
      'FAILED',
    );
    expect(executions).toMatchObject([{ executionArn, status: 'FAILED' }]);
    const { events } = await json('stepfunctions', 'get-execution-history', ...of);
    expect(events[0]).toMatchObject({ id: 1, type: 'ExecutionStarted' });
    expect(events.at(-1)).toMatchObject({ type: 'ExecutionFailed' });
  });

  onCli(named('runs a table, and scans the table of its jobs'), async () => {
    const rows = Array.from({ length: 120 }, (_, n) => `topic ${n}`);
    const s3_uri = await stack.upload('cli/topics.csv', ['topic', ...rows, ''].join('\n'));
    const input = { s3_uri, job_name_prefix: 'cli', prompt_id: 'joke_about_topic' };
    const model = { model_id: 'us.anthropic.claude-haiku-4-5-20251001-v1:0' };
    expect(await stack.run({ ...input, ...model })).toMatchObject({ status: 'SUCCEEDED' });
    const { TableNames } = await json('dynamodb', 'list-tables');
    const { Items } = await json('dynamodb', 'scan', '--table-name', TableNames[0]);
    expect(JSON.stringify(Items)).toContain('cli');
    expect(Items.length).toBeGreaterThan(0);
    const { invocationJobSummaries } = await json('bedrock', 'list-model-invocation-jobs');
    expect(invocationJobSummaries).toMatchObject([{ status: 'Completed', totalRecordCount: 120 }]);
  });

  onCli(named('is told what is wrong as by AWS'), async () => {
    const get = cli(['s3', 'cp', `s3://${stack.bucket}/none`, file('none')]);
    await expect(get).rejects.toMatchObject({
      stderr: expect.stringMatching(/\(404\) when calling the HeadObject/),
    });
    const list = cli(['s3', 'ls', 's3://there-is-no-such-bucket']);
    await expect(list).rejects.toMatchObject({ stderr: expect.stringContaining('NoSuchBucket') });
  });
});
