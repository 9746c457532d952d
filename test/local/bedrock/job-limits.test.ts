import { S3Client } from '@aws-sdk/client-s3';
import { type InputFile, limitsOf, validateInput } from '../../../src/local/bedrock/job-input.ts';
import { JobStore } from '../../../src/local/bedrock/job-store.ts';

const GB = 1024 ** 3;
const HAIKU = 'anthropic.claude-haiku-4-5-20251001-v1:0';

describe('the sizes of files are looked at before they are read', () => {
  // Nobody listens there: to read anything would be another error.
  const s3 = new S3Client({ endpoint: 'http://127.0.0.1:9', region: 'us-east-1', maxAttempts: 1 });
  afterAll(() => s3.destroy());
  const filesOf = (sizes: readonly number[]): readonly InputFile[] =>
    sizes.map((bytes, n) => ({ bucket: 'b', key: `in/${n}.jsonl`, name: `${n}.jsonl`, bytes }));

  it.each([
    [HAIKU, [GB + 1], `The file 0.jsonl is larger (${GB + 1} bytes) than ${GB} bytes.`],
    [HAIKU, [1, GB, GB + 1], 'The file 2.jsonl is larger'],
    [HAIKU, Array(6).fill(GB), `The job's files are larger (${6 * GB} bytes) than ${5 * GB} bytes.`],
    ['us.amazon.nova-lite-v1:0', Array(101).fill(GB), `than ${100 * GB} bytes.`],
    ['amazon.nova-micro-v1:0', Array(6).fill(GB), `than ${5 * GB} bytes.`],
  ])('%s: case %#', async (modelId, sizes, message) => {
    const validated = validateInput(s3, filesOf(sizes), limitsOf(modelId), new AbortController().signal);
    await expect(validated).rejects.toThrow(message);
  });

  it.each([
    [HAIKU, 5],
    ['amazon.nova-pro-v1:0', 100],
    ['arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-2-multimodal-embeddings-v1:0', 100],
  ])('%s takes %i GB a job', (modelId, gigabytes) => {
    expect(limitsOf(modelId)).toEqual({
      ...{ minRecords: 100, maxRecords: 100_000, maxFileBytes: GB },
      maxJobBytes: gigabytes * GB,
    });
  });
});

describe('the quota of jobs in flight', () => {
  const custom =
    'arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-embed-text-v2:0/abc123def456';
  let names = 0;

  /** How many jobs of these models a store takes, and the message by which it refuses the next. */
  function filled(modelIds: readonly string[], maxJobsPerModel: number) {
    const store = new JobStore({ region: 'us-east-1', account: '123456789012', maxJobsPerModel });
    const inputDataConfig = { s3InputDataConfig: { s3Uri: 's3://some-bucket/x.jsonl' } };
    const outputDataConfig = { s3OutputDataConfig: { s3Uri: 's3://some-bucket/out' } };
    for (let taken = 0; ; taken++) {
      const modelId = modelIds[taken % modelIds.length] ?? '';
      const request = {
        jobName: `job-${++names}`,
        roleArn: 'role',
        modelId,
        inputDataConfig,
        outputDataConfig,
      };
      try {
        store.add(request, 0);
      } catch (error) {
        return { store, taken, refusal: error as Error };
      }
    }
  }

  it('is of a model, through whichever of its profiles', () => {
    const { taken, refusal, store } = filled([`us.${HAIKU}`, `global.${HAIKU}`], 5);
    expect(taken).toBe(5);
    expect(refusal).toMatchObject({
      name: 'ServiceQuotaExceededException',
      message: expect.stringMatching(/submitted batch inference jobs using a base model" for .* is 5\.$/),
    });
    const [first] = store.unfinished();
    if (first === undefined) throw new Error('No job is in flight.');
    store.change(first, { status: 'Stopped' });
    const { request } = first;
    expect(store.add({ ...request, modelId: `eu.${HAIKU}` }, 0).created).toBe(true);
    expect(() => store.add({ ...request, jobName: 'one-more' }, 0)).toThrow('quota');
  });

  it('is 3 for a custom model, or less', () => {
    expect(filled([custom], 100)).toMatchObject({
      taken: 3,
      refusal: { message: expect.stringContaining('using a custom model') },
    });
    expect(filled([custom], 1).taken).toBe(1);
  });
});
