import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import type { RecordAnswer } from '../../../src/local/bedrock/answer-back-end.ts';
import { startBedrockRuntime } from '../../../src/local/bedrock/runtime-server.ts';
import { simulate } from '../../../src/local/bedrock/simulate.ts';
import { RecordFaults } from '../../../src/local/faults/record-faults.ts';
import { completion, FakeOpenAi } from './fake-open-ai.ts';
import { clock, HAIKU, type Harness, idOf, jobOf, run, startHarness, TITAN } from './harness.ts';

const converse = (modelInput: unknown, modelId = HAIKU): RecordAnswer =>
  simulate({ modelId, invocationType: 'Converse', modelInput });
const hello = { messages: [{ role: 'user' as const, content: [{ text: 'Hello' }] }] };

describe('a record of the Converse type', () => {
  it('is answered in the shape of Converse', () => {
    const answer = converse(hello);
    if ('error' in answer) throw new Error(answer.error.errorMessage);
    const { input, output } = answer.tokens;
    expect(answer.modelOutput).toEqual({
      output: {
        message: {
          role: 'assistant',
          content: [{ text: expect.stringMatching(/^\[simulated\] .*Hello$/) }],
        },
      },
      stopReason: 'end_turn',
      usage: { inputTokens: input, outputTokens: output, totalTokens: input + output },
    });
    expect(converse(hello)).toEqual(answer);
  });

  it('may have all that Claude takes', () => {
    const image = { format: 'png', source: { bytes: 'iVBORw0KGgo=' } };
    const whole = {
      messages: [{ role: 'user', content: [{ image }, { text: 'What is this?' }] }],
      system: [{ text: 'Be brief.' }],
      inferenceConfig: { maxTokens: 5, temperature: 0, stopSequences: ['END'] },
      additionalModelRequestFields: { top_k: 5 },
      requestMetadata: { team: 'a' },
    };
    expect(converse(whole)).toHaveProperty('modelOutput');
    expect(converse(whole)).not.toEqual(converse({ ...whole, inferenceConfig: {} }));
  });

  const content = (...content: unknown[]) => ({ messages: [{ role: 'user', content }] });
  const model = 'The model returned the following errors: ';
  it.each([
    ['text', "at 'body' failed to satisfy constraint: Member must be a structure"],
    [{ messages: 'Hello' }, "at 'messages' failed to satisfy constraint: Member must be a list"],
    [
      { messages: [{ role: 'system', content: [] }] },
      "Value 'system' at 'messages.1.member.role' failed to satisfy constraint: Member must satisfy enum value set: [user, assistant]",
    ],
    [{ messages: [{ role: 'user', content: 'Hello' }] }, "at 'messages.1.member.content'"],
    [{ ...hello, inferenceConfig: { maxTokens: 0 } }, "at 'inferenceConfig.maxTokens'"],
    [{ ...hello, inferenceConfig: { temperature: 1.5 } }, 'Member must have value less than or equal to 1'],
    [{ ...hello, inferenceConfig: { topP: '1' } }, 'Member must be a number'],
    [{ ...hello, inferenceConfig: { stopSequences: [''] } }, "at 'inferenceConfig.stopSequences.1.member'"],
    [{ ...hello, toolConfig: {} }, 'toolConfig: the local Bedrock does not converse with it'],
    [
      content({ text: 'a' }, { document: {} }),
      'messages.0.content.1: the local Bedrock converses in text and images alone, got a block of document',
    ],
    [{ ...hello, system: [{ cachePoint: {} }] }, 'system.0: the local Bedrock converses in text'],
    [{}, `${model}messages: at least one message is required`],
    [content({ text: '' }), `${model}messages: text content blocks must be non-empty`],
    [
      { ...hello, additionalModelRequestFields: { top_q: 1 } },
      `${model}top_q: Extra inputs are not permitted`,
    ],
    [
      { ...hello, inferenceConfig: { temperature: 0, topP: 1 } },
      `${model}\`temperature\` and \`top_p\` cannot both be specified for this model.`,
    ],
  ])('is refused as %j', (modelInput, errorMessage) => {
    expect(converse(modelInput)).toEqual({
      error: { errorCode: 400, errorMessage: expect.stringContaining(errorMessage) },
    });
  });

  it('is refused by a model that does not converse', () => {
    const errorMessage = expect.stringMatching(/^This action doesn't support the model that you provided\./);
    expect(converse(hello, TITAN)).toEqual({ error: { errorCode: 400, errorMessage } });
    expect(converse(hello, 'amazon.nova-lite-v1:0')).toMatchObject({
      error: { errorMessage: expect.stringContaining('no simulator') },
    });
  });
});

const toolConfig = { tools: [{ toolSpec: { name: 'weather', inputSchema: { json: { type: 'object' } } } }] };

describe('a job of the Converse type', () => {
  let aws: Harness;
  beforeAll(async () => {
    aws = await startHarness();
  });
  afterEach(() => aws.stopServices());
  afterAll(() => aws.close());

  it('says its type, and answers its records by it', async () => {
    const odd = new Map<number, object>([
      [7, { anthropic_version: 'bedrock-2023-05-31', ...hello }],
      [8, { ...hello, toolConfig }],
    ]);
    const records = Array.from({ length: 100 }, (_, n) => ({
      recordId: `row-${n}`,
      modelInput: odd.get(n) ?? hello,
    }));
    const uri = await aws.putLines('in/converse.jsonl', records);
    const job = await run(await aws.bedrock(), jobOf(uri, { modelInvocationType: 'Converse' }));
    expect(job).toMatchObject({
      ...{ status: 'Completed', modelInvocationType: 'Converse' },
      ...{ successRecordCount: 98, errorRecordCount: 2 },
    });
    const output = await aws.outputOf(`out/${idOf(job)}/converse.jsonl.out`);
    const failed = output.filter(({ error }) => error !== undefined);
    expect(failed.map(({ recordId }) => recordId).sort()).toEqual(['row-7', 'row-8']);
    for (const { error } of failed) expect(error).toMatchObject({ errorCode: 400 });
    const answered = output.find(({ recordId }) => recordId === 'row-9');
    expect(answered).toMatchObject({ modelInput: hello, modelOutput: { stopReason: 'end_turn' } });
  });
});

// The user guide's page on batch inference: tools are for jobs of this type, in the model's own format.
it('is where tools cannot be asked for, which a record of the other type can', () => {
  const tool = { name: 'weather', description: 'of a town', input_schema: { type: 'object' } };
  const messages = [{ role: 'user', content: 'Hello' }];
  const modelInput = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages, tools: [tool] };
  const request = { modelId: HAIKU, modelInput };
  expect(simulate({ ...request, invocationType: 'InvokeModel' })).toHaveProperty('modelOutput');
  expect(converse({ ...hello, toolConfig })).toMatchObject({ error: { errorCode: 400 } });
});

describe('a model endpoint', () => {
  let server: FakeOpenAi;
  beforeEach(() => {
    server = new FakeOpenAi();
  });
  afterEach(() => server.close());
  const asked = async (modelInput: unknown, modelId = HAIKU): Promise<RecordAnswer> => {
    const { backEnd } = await server.connected();
    const request = { modelId, invocationType: 'Converse', modelInput } as const;
    return backEnd.answer(request, new AbortController().signal);
  };

  it('is asked as chat completions are', async () => {
    server.answer = () => completion('Hi.', 'length');
    const request = {
      ...hello,
      inferenceConfig: { maxTokens: 9, topP: 0.5 },
      system: [{ text: 'Be brief.' }],
    };
    expect(await asked(request)).toMatchObject({
      modelOutput: {
        output: { message: { role: 'assistant', content: [{ text: 'Hi.' }] } },
        stopReason: 'max_tokens',
        usage: { inputTokens: 12, outputTokens: 5, totalTokens: 17 },
      },
    });
    expect(server.received.at(-1)?.body).toEqual({
      model: 'llama3.2',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello' },
      ],
      ...{ max_tokens: 9, top_p: 0.5 },
    });
  });

  it.each([
    ['content_filter', 'content_filtered'],
    [undefined, 'end_turn'],
  ])('finish_reason %s is stopReason %s', async (finish_reason, stopReason) => {
    server.answer = () => ({ choices: [{ message: { content: 'x' }, finish_reason }] });
    expect(await asked(hello)).toMatchObject({ modelOutput: { stopReason } });
  });

  it.each([
    [{}, HAIKU],
    [{ ...hello, toolConfig: {} }, HAIKU],
    [hello, TITAN],
    [hello, 'amazon.nova-lite-v1:0'],
  ])('is not asked what the simulated Bedrock refuses, case %#', async (modelInput, modelId) => {
    expect(await asked(modelInput, modelId)).toEqual(converse(modelInput, modelId));
    expect(server.received).toHaveLength(1);
  });
});

describe('Converse on demand', () => {
  const closers: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  async function runtime(recordFaults = new RecordFaults()): Promise<BedrockRuntimeClient> {
    const server = await startBedrockRuntime({ clock, recordFaults });
    const credentials = { accessKeyId: 'TEST', secretAccessKey: 'x' };
    const settings = { endpoint: server.url, region: 'us-east-1', credentials, maxAttempts: 1 };
    const client = new BedrockRuntimeClient(settings);
    closers.push(() => client.destroy(), server.close);
    return client;
  }

  it('answers as a batch job answers the record, and says how long it took', async () => {
    const image = { format: 'png' as const, source: { bytes: Buffer.from('png') } };
    const request = { ...hello, system: [{ text: 'Be brief.' }], inferenceConfig: { maxTokens: 5 } };
    const client = await runtime();
    const answer = await client.send(new ConverseCommand({ modelId: HAIKU, ...request }));
    const record = converse(request);
    expect(answer).toMatchObject('modelOutput' in record ? Object(record.modelOutput) : {});
    expect(answer.metrics?.latencyMs).toBeGreaterThanOrEqual(0);
    const messages = [{ role: 'user' as const, content: [{ image }, { text: 'What?' }] }];
    expect(await client.send(new ConverseCommand({ modelId: HAIKU, messages }))).toMatchObject({
      stopReason: 'end_turn',
    });
  });

  it.each([
    [HAIKU, {}, 'ValidationException', 'The model returned the following errors: messages'],
    [TITAN, hello, 'ValidationException', "doesn't support the model"],
    [HAIKU.slice(3), hello, 'ValidationException', 'with on-demand throughput'],
    ['acme.model-v1:0', hello, 'ResourceNotFoundException', 'Could not resolve the foundation model'],
  ])('refuses %s %j', async (modelId, request, name, message) => {
    const answer = (await runtime()).send(new ConverseCommand({ modelId, ...request }));
    await expect(answer).rejects.toMatchObject({ name, message: expect.stringContaining(message) });
  });

  it('meets the faults of records', async () => {
    const client = await runtime(new RecordFaults({ faults: [{ errorCode: 429, times: 1 }] }));
    const command = new ConverseCommand({ modelId: HAIKU, ...hello });
    await expect(client.send(command)).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(await client.send(command)).toMatchObject({ stopReason: 'end_turn' });
  });
});
