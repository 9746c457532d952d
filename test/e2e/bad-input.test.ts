import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesized } from '../setup/assembly.ts';
import { LocalStack } from '../setup/local-stack.ts';

const claude = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const joke = { model_id: claude, prompt_id: 'joke_about_topic', job_name_prefix: 'bad' };
/** Its footer whole, its first pages not. */
const damaged = (parquet: Buffer) => Buffer.from(parquet).fill(0xff, 4, Math.floor(parquet.length / 2));
const topics = (rows: number) => `topic\n${'x\n'.repeat(rows)}`;

describe('the execution fails with one sentence, before any job is submitted', () => {
  let stack: LocalStack;
  let parquet: Buffer;

  beforeAll(async () => {
    parquet = await readFile('examples/reviews/reviews.parquet');
    stack = await LocalStack.start(await synthesized());
  });
  afterAll(async () => {
    const jobs = await stack.jobStatuses();
    await stack.stop();
    expect(jobs).toEqual([]);
  });

  const tables: readonly [string, string, () => Buffer | string, object, string | RegExp][] = [
    ['missing columns', 'a.csv', () => 'id,title\n1,x\n', joke, 'missing: topic; existing: id, title.'],
    [
      'an embedding model without input_text',
      'b.csv',
      () => topics(200),
      { ...joke, prompt_id: undefined, model_id: 'amazon.titan-embed-text-v2:0' },
      'missing: input_text; existing: topic.',
    ],
    [
      'an empty file',
      'c.csv',
      () => '',
      joke,
      /c\.csv: the file must have a header and rows, and it is empty\.$/,
    ],
    [
      'a header without rows',
      'd.csv',
      () => 'topic\n',
      joke,
      'the dataset must have at least one row, got 0.',
    ],
    [
      'fewer rows than a job takes',
      'e.csv',
      () => topics(99),
      { ...joke, small_sets: 'fail' },
      'the number of rows must be at least 100, the fewest records that a batch inference job takes, got 99.',
    ],
    [
      'neither CSV nor Parquet',
      'f.xlsx',
      () => Buffer.from('PK\x03\x04'),
      joke,
      /f\.xlsx: the dataset must be a CSV file \(\.csv, \.tsv, \.txt\), JSON lines \(\.jsonl, \.ndjson\) or a Parquet file\.$/,
    ],
    [
      'binary data under the name of a CSV',
      'g.csv',
      () => Buffer.from([0, 1, 2, 3]),
      joke,
      /g\.csv: a CSV file must be saved as UTF-8 text, and this one holds NUL bytes\.$/,
    ],
    [
      'a ragged row',
      'h.csv',
      () => 'topic,n\na,1\nb\nc,3\n',
      joke,
      /h\.csv: line 3 must have 2 fields like the header, and it has 1\.$/,
    ],
    [
      'a quote that is never closed',
      'i.csv',
      () => 'topic\na\n"b\nc\n',
      joke,
      /i\.csv: line 3 is malformed: a quote opened there is never closed\.$/,
    ],
    [
      'bytes that are not UTF-8',
      'j.csv',
      () => Buffer.from('topic\nok\n\xff\xfe\n', 'latin1'),
      joke,
      /j\.csv: line 3 is malformed: it is not UTF-8 text\.$/,
    ],
    [
      'damage in the pages of a Parquet file',
      'n.parquet',
      () => damaged(parquet),
      { ...joke, prompt_id: 'sentiment_classifier' },
      /n\.parquet/,
    ],
    ['a corrupt Parquet file', 'k.parquet', () => parquet.subarray(0, 5000), joke, /k\.parquet/],
    ['text under the name of a Parquet file', 'l.parquet', () => topics(200), joke, /l\.parquet/],
  ];

  test.each(tables)('%s', async (_, name, body, request, sentence) => {
    const s3_uri = await stack.upload(name, body());
    const { status, error, cause } = await stack.run({ ...request, s3_uri });
    const { errorMessage } = JSON.parse(cause ?? '{}') as { errorMessage: string };
    expect([status, error]).toEqual(['FAILED', 'InvalidInput']);
    if (typeof sentence === 'string') expect(errorMessage).toContain(sentence);
    else expect(errorMessage).toMatch(sentence);
    expect(errorMessage).toMatch(/^Cannot [^\n]*\.$/);
  });

  test('an object that is not there, and a place that is not the stack’s', async () => {
    const absent = await stack.run({ ...joke, s3_uri: `s3://${stack.bucket}/inputs/absent.csv` });
    expect([absent.error, absent.cause]).toEqual([
      'NotFound',
      expect.stringContaining('there is no such object'),
    ]);
    const elsewhere = await stack.run({ ...joke, s3_uri: 's3://elsewhere/inputs/a.csv' });
    expect(elsewhere.cause).toContain('s3_uri must name an object below one of');
  });
});

describe('the command line answers with one sentence and exit code 1', () => {
  let directory: string;
  let table: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bad-input-'));
    table = join(directory, 'topics.csv');
    await writeFile(table, 'topic,n\na,1\nb\n');
    await writeFile(
      join(directory, 'typo.json'),
      JSON.stringify({ ...joke, s3_uri: 's3://b/inputs/a.csv', max_record_per_job: 5 }),
    );
    await writeFile(
      join(directory, 'two.json'),
      JSON.stringify({ ...joke, s3_uri: 's3://b/inputs/a.csv', dataset_id: 'squad' }),
    );
    await writeFile(join(directory, 'none.json'), JSON.stringify(joke));
    await writeFile(join(directory, 'broken.json'), '{"s3_uri": ');
    await writeFile(join(directory, 'list.json'), '["a"]');
  });
  afterAll(() => rm(directory, { recursive: true }));

  function bedrockBatch(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        ['bin/bedrock-batch.mjs', 'local', 'run', ...args],
        (error, stdout, stderr) => {
          resolve({ code: Number(error?.code ?? 0), stdout, stderr });
        },
      );
    });
  }

  const good = ['--model-id', claude, '--prompt-id', 'joke_about_topic'];
  const cases: readonly [string, () => string[], string][] = [
    [
      'no table',
      () => good,
      'Cannot start the run: the table must be named by --input, by --dataset-id, or by s3_uri in --execution-input, got neither.',
    ],
    [
      'a file that is not there',
      () => ['--input', 'absent.csv', ...good],
      'Cannot read absent.csv: there is no such file.',
    ],
    [
      'no model',
      () => ['--input', table],
      'Cannot start the run: the model must be named by --model-id, or by model_id in --execution-input, got neither.',
    ],
    [
      'an unknown model',
      () => ['--input', table, '--model-id', 'gpt-5'],
      'model_id must be of a known family: Anthropic Claude (anthropic.claude-*); Amazon Titan Text Embeddings V2 (amazon.titan-embed-text-v2:0), got gpt-5.',
    ],
    [
      'a model that needs a profile',
      () => ['--input', table, '--model-id', claude.slice(3)],
      `model_id must be an inference profile such as ${claude}`,
    ],
    [
      'an unknown prompt',
      () => ['--input', table, '--model-id', claude, '--prompt-id', 'joke'],
      'prompt_id must be one of joke_about_topic, sentiment_classifier, question_answering, got joke.',
    ],
    [
      'no prompt for a text model',
      () => ['--input', table, '--model-id', claude],
      'prompt_id must be given for a text model',
    ],
    [
      'a number out of range',
      () => ['--input', table, ...good, '--max-records-per-job', '0'],
      'max_records_per_job must be an integer from 1 to 100000, got 0.',
    ],
    [
      'a prefix that Bedrock would refuse',
      () => ['--input', table, ...good, '--job-name-prefix', 'my_jobs'],
      'job_name_prefix must be 1 to',
    ],
    [
      'an unknown output format',
      () => ['--input', table, ...good, '--output-format', 'xml'],
      'output_format must be one of csv, parquet, jsonl, got xml.',
    ],
    [
      'a misspelt key',
      () => ['--execution-input', join(directory, 'typo.json')],
      '"max_record_per_job" is not a key of the input; did you mean max_records_per_job?',
    ],
    [
      'two sources',
      () => ['--execution-input', join(directory, 'two.json')],
      'the source must be exactly one of s3_uri and dataset_id, got both.',
    ],
    [
      'no source',
      () => ['--execution-input', join(directory, 'none.json')],
      'the source must be exactly one of s3_uri and dataset_id, got neither.',
    ],
    ['JSON that is none', () => ['--execution-input', join(directory, 'broken.json')], 'it must be JSON'],
  ];

  test.concurrent.each(cases)('%s', async (_, args, sentence) => {
    const { code, stdout, stderr } = await bedrockBatch(...args());
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(sentence);
    expect(stderr.trim()).toMatch(/^(Cannot [^\n]*[.?]|EEXIST: [^\n]*)$/);
  });
});
