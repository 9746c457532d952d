import jsonata from 'jsonata';
import { definitionText } from './validators.ts';

let definition: Machine;

interface Machine {
  readonly QueryLanguage?: string;
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly MaxAttempts: number;
}

interface State {
  readonly Retry?: readonly Retrier[];
  readonly Type: string;
  readonly Resource?: string;
  readonly Next?: string;
  readonly TimeoutSeconds?: number | string;
  readonly MaxConcurrency?: number;
  readonly ToleratedFailurePercentage?: number;
  readonly ItemReader?: {
    readonly ReaderConfig: { readonly InputType: string };
    readonly Arguments: unknown;
  };
  readonly ItemProcessor?: Machine & {
    readonly ProcessorConfig: { readonly Mode: string; readonly ExecutionType: string };
  };
  readonly ResultWriter?: unknown;
  readonly Parameters?: unknown;
}

beforeAll(async () => {
  definition = JSON.parse(await definitionText());
});

const statesOf = (machine: Machine): readonly [string, State][] =>
  Object.entries(machine.States).flatMap(([name, state]) => [
    [name, state] as [string, State],
    ...(state.ItemProcessor === undefined ? [] : statesOf(state.ItemProcessor)),
  ]);

test('it is JSONata throughout: no JSONPath field is left', () => {
  expect(definition.QueryLanguage).toBe('JSONata');
  for (const [name, state] of statesOf(definition)) {
    expect([
      name,
      Object.keys(state).filter((key) =>
        /^(Parameters|InputPath|OutputPath|ResultPath|ResultSelector)$/.test(key),
      ),
    ]).toEqual([name, []]);
  }
});

test('the steps stand in the order of the design', () => {
  expect(Object.keys(definition.States)).toEqual([
    'Preprocess',
    'IsDatasetRead',
    'ProcessChunks',
    'AssembleOutput',
    'Summarize',
  ]);
  expect(Object.keys(definition.States['ProcessChunks']?.ItemProcessor?.States ?? {})).toEqual([
    ...['PrepareInput', 'IsChunkDone', 'Postprocess', 'RunJob', 'StopJob'],
    ...['Route', 'InvokeOnDemand', 'IsInvoked', 'ChunkDone'],
  ]);
});

test('chunks are a Distributed Map over a JSONL manifest, bounded by the context, none sinking the others', () => {
  const map = definition.States['ProcessChunks'];
  expect(map).toMatchObject({
    Type: 'Map',
    MaxConcurrency: 20,
    ToleratedFailurePercentage: 100,
    ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } },
    ItemReader: { ReaderConfig: { InputType: 'JSONL' }, Arguments: { Key: '{% $run.chunks_key %}' } },
    ResultWriter: { Arguments: { Prefix: '{% $run.chunk_reports_prefix %}' } },
  });
});

test('a job is waited for by a task token, and every task has an end', () => {
  const runJob = definition.States['ProcessChunks']?.ItemProcessor?.States['RunJob'];
  expect(runJob?.Resource).toMatch(/lambda:invoke\.waitForTaskToken$/);
  for (const [name, state] of statesOf(definition)) {
    if (state.Type !== 'Task') continue;
    const kind = name === 'RunJob' ? String : Number;
    expect([name, state.TimeoutSeconds]).toEqual([name, expect.any(kind)]);
  }
});

/** A job's task of a run that began at 0, in seconds. */
const timeouts = [
  { deadline: undefined, now: 0, seconds: 25 * 3600, why: "the job's own hours and one more" },
  { deadline: 3600, now: 0, seconds: 3600, why: 'the time that is left' },
  { deadline: 3600, now: 1800.2, seconds: 1800, why: 'in whole seconds, never too few' },
  { deadline: 30 * 3600, now: 0, seconds: 25 * 3600, why: 'a deadline that is later than any job' },
  { deadline: 3600, now: 3590, seconds: 150, why: "the function's own time, in which it may still submit" },
  { deadline: 3600, now: 9000, seconds: 150, why: 'a deadline that is over' },
] as const;

test.each(timeouts)('a job is waited for: $why', async ({ deadline, now, seconds }) => {
  const { TimeoutSeconds } = definition.States['ProcessChunks']?.ItemProcessor?.States['RunJob'] ?? {};
  const expression = /^\{% (.*) %\}$/.exec(String(TimeoutSeconds))?.[1] ?? '';
  const run = deadline === undefined ? {} : { deadline_at: new Date(deadline * 1000).toISOString() };
  const bindings = { states: { input: { run } }, millis: () => now * 1000 };
  expect(await jsonata(expression).evaluate(undefined, bindings)).toBe(seconds);
});

// Whoever gives up on a job that may be running pays for answers that nobody reads.
test('RunJob is given up for what no further try can mend, and for nothing else', () => {
  const runJob = definition.States['ProcessChunks']?.ItemProcessor?.States['RunJob'];
  const retriers = runJob?.Retry ?? [];
  const triesOf = (error: string) =>
    retriers.find(
      ({ ErrorEquals }) => ErrorEquals.includes(error) || ErrorEquals.includes('States.TaskFailed'),
    )?.MaxAttempts ?? 0;
  const tries = (errors: readonly string[]) => errors.map(triesOf);
  expect(tries(['InvalidInput', 'ValidationException', 'AccessDeniedException'])).toEqual([0, 0, 0]);
  expect(triesOf('JobSlotUnavailable')).toBe(600);
  expect(
    tries([
      'Lambda.Unknown',
      'Sandbox.Timedout',
      'Runtime.ExitError',
      'InternalServerException',
      'TimeoutError',
    ]),
  ).toEqual([50, 50, 50, 50, 50]);
});
