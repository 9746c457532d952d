import { Interruption } from '../../../src/local/states/errors.ts';
import type { ChildExecution, ExecutionResult } from '../../../src/local/states/execution.ts';
import { interpret } from '../../../src/local/states/interpreter.ts';
import type { InterpretOptions } from '../../../src/local/states/options.ts';
import { type Tasks, world } from './harness.ts';

const reader = {
  Resource: 'arn:aws:states:::s3:getObject',
  Arguments: { Bucket: 'b', Key: 'k' },
  ReaderConfig: { InputType: 'JSONL' },
};

function definition(states: object, more: object): unknown {
  const ItemProcessor = {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
    StartAt: 'I',
    States: states,
  };
  const Each = { Type: 'Map', ItemProcessor, ItemReader: reader, End: true, ...more };
  return { QueryLanguage: 'JSONata', StartAt: 'Each', States: { Each } };
}

function writer(config?: object): object {
  const Arguments = { Bucket: 'out', Prefix: 'some/prefix' };
  return { Resource: 'arn:aws:states:::s3:putObject', Arguments, ...(config && { WriterConfig: config }) };
}

const call = {
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: 'f', Payload: '{% $states.input %}' },
  Output: '{% $states.result.Payload %}',
  End: true,
};

async function run(
  machine: unknown,
  dataset: string,
  tasks: Tasks = {},
  more: Partial<InterpretOptions> = {},
) {
  const { options, written, clock } = world({ tasks, datasets: { 'b/k': dataset } });
  const children: [ChildExecution, ExecutionResult][] = [];
  const onChild = (child: ChildExecution) => ({
    onEvent: () => undefined,
    onEnd: (result: ExecutionResult) => void children.push([child, result]),
  });
  const result = await interpret(machine, {}, { ...options, onChild, ...more });
  return { result, written, children, clock };
}

/** The written files by their name, without the folder named after the run. */
function filesOf(written: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(
    [...written].map(([path, text]) => [path.slice(path.lastIndexOf('/') + 1), text]),
  );
}

describe('ResultWriter', () => {
  const pass = { I: { Type: 'Pass', Output: '{% [$states.input, "é"] %}', End: true } };

  test('writes records and a manifest into the folder of the run', async () => {
    const { result, written } = await run(definition(pass, { ResultWriter: writer() }), '1\n2');
    const { MapRunArn, ResultWriterDetails } = result.output as Record<string, never> & {
      MapRunArn: string;
      ResultWriterDetails: { Key: string };
    };
    const folder = `some/prefix/${MapRunArn.split(':').at(-1)}`;
    expect(MapRunArn).toMatch(/^arn:aws:states:eu-west-1:123456789012:mapRun:Machine\/Each:[0-9a-f-]{36}$/);
    expect(ResultWriterDetails).toEqual({ Bucket: 'out', Key: `${folder}/manifest.json` });
    expect([...written.keys()].sort()).toEqual([
      `out/${folder}/SUCCEEDED_0.json`,
      `out/${folder}/manifest.json`,
    ]);
    const text = written.get(`out/${folder}/SUCCEEDED_0.json`) ?? '';
    const Size = Buffer.byteLength(text);
    expect(JSON.parse(written.get(`out/${folder}/manifest.json`) ?? '')).toEqual({
      DestinationBucket: 'out',
      MapRunArn,
      ResultFiles: { FAILED: [], PENDING: [], SUCCEEDED: [{ Key: `${folder}/SUCCEEDED_0.json`, Size }] },
    });
    expect(JSON.parse(text)[0]).toEqual({
      ExecutionArn: expect.stringMatching(/:execution:Machine\/Each:[0-9a-f-]{36}$/),
      Input: '1',
      InputDetails: { Included: true },
      Name: expect.stringMatching(/^[0-9a-f-]{36}$/),
      Output: '[1,"é"]',
      OutputDetails: { Included: true },
      RedriveCount: 0,
      RedriveStatus: 'NOT_REDRIVABLE',
      RedriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven',
      StartDate: '2026-01-01T00:00:00.000Z',
      StateMachineArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:Machine/Each',
      Status: 'SUCCEEDED',
      StopDate: '2026-01-01T00:00:00.000Z',
    });
  });

  test.each([
    [{ Transformation: 'COMPACT' }, 'SUCCEEDED_0.json', '[[1,"é"],[2,"é"]]'],
    [{ Transformation: 'FLATTEN' }, 'SUCCEEDED_0.json', '[1,"é",2,"é"]'],
    [{ Transformation: 'COMPACT', OutputType: 'JSONL' }, 'SUCCEEDED_0.jsonl', '[1,"é"]\n[2,"é"]\n'],
  ])('transforms with %j', async (config, file, text) => {
    const { written } = await run(definition(pass, { ResultWriter: writer(config) }), '1\n2');
    expect(filesOf(written)[file]).toBe(text);
  });

  test('failures are whole records; the stopped are pending', async () => {
    const tasks = {
      f: [
        { functionError: 'Unhandled', after: 1, payload: { errorType: 'E', errorMessage: 'm' } },
        { hangs: true },
      ],
    };
    const config = { Transformation: 'COMPACT' };
    const { result, written } = await run(
      definition({ I: call }, { ResultWriter: writer(config) }),
      '1\n2',
      tasks,
    );
    expect(result.error).toBe('States.ExceedToleratedFailureThreshold');
    const files = filesOf(written);
    expect(JSON.parse(files['FAILED_0.json'] ?? '')).toMatchObject([
      { Input: '1', Error: 'E', Status: 'FAILED' },
    ]);
    expect(JSON.parse(files['PENDING_0.json'] ?? '')).toMatchObject([{ Input: '2', Status: 'ABORTED' }]);
  });

  test('a failed upload fails the run and does not hang it', async () => {
    const writeResults = async () => {
      throw new Error('no room');
    };
    const lines = Array.from({ length: 200 }, (_, n) => JSON.stringify('x'.repeat(1000) + n)).join('\n');
    const { result } = await run(definition(pass, { ResultWriter: writer() }), lines, {}, { writeResults });
    expect(result).toMatchObject({ status: 'FAILED', error: 'States.ResultWriterFailed' });
  });
});

describe('children', () => {
  test('items are read only as places come free', async () => {
    let read = 0;
    const ended = new Set<number>();
    let mostAhead = 0;
    const readItems = async function* () {
      for (let n = 0; n < 50; n += 1) {
        read += 1;
        mostAhead = Math.max(mostAhead, read - ended.size);
        yield n;
      }
    };
    const onChild = () => ({ onEvent: () => undefined, onEnd: () => void ended.add(ended.size) });
    const states = { I: { Type: 'Wait', Seconds: 60, End: true } };
    const { result, clock } = await run(
      definition(states, { MaxConcurrency: 5 }),
      '',
      {},
      { readItems, onChild },
    );
    expect(result.output).toEqual(Array.from({ length: 50 }, (_, n) => n));
    expect(mostAhead).toBeLessThanOrEqual(5);
    expect(clock.now() - Date.UTC(2026, 0, 1)).toBe(600_000);
  });

  test('have their own history; the parent has only that of the run', async () => {
    const { result, children } = await run(definition({ I: call }, {}), '1\n2', { f: [{ echo: true }] });
    expect(result.history.map(({ type }) => type)).not.toContain('TaskStateEntered');
    expect(children).toHaveLength(2);
    for (const [child, { history, status }] of children) {
      expect(status).toBe('SUCCEEDED');
      expect(history[0]).toMatchObject({ id: 1, previousEventId: 0, type: 'ExecutionStarted' });
      expect(history.at(-1)).toMatchObject({ type: 'ExecutionSucceeded' });
      expect(child.mapRunArn).toContain(':mapRun:Machine/Each:');
    }
  });

  test('of a parent that times out are aborted, not timed out', async () => {
    const machine = { ...(definition({ I: call }, {}) as object), TimeoutSeconds: 10 };
    const { result, children } = await run(machine, '1', { f: [{ hangs: true }] });
    expect(result.status).toBe('TIMED_OUT');
    expect(children.map(([, { status }]) => status)).toEqual(['ABORTED']);
    expect(result.history.map(({ type }) => type).slice(-2)).toEqual(['MapRunAborted', 'ExecutionTimedOut']);
    expect(result.history.at(-1)?.previousEventId).toBe(0);
  });

  test('a signal aborts the execution with its error', async () => {
    const controller = new AbortController();
    const running = run(
      definition({ I: call }, {}),
      '1',
      { f: [{ hangs: true }] },
      { signal: controller.signal },
    );
    controller.abort(new Interruption('ABORTED', 'Mine', 'enough'));
    const { result } = await running;
    expect(result).toMatchObject({ status: 'ABORTED', error: 'Mine', cause: 'enough' });
  });
});
