import type { DurableWorld, Fake } from './durable-world.ts';
import { callback, distributed, inner, machine, resultWriter, task } from './machines.ts';

export interface DurabilityCase {
  readonly what: string;
  readonly definition: object;
  readonly input?: unknown;
  readonly datasets?: Readonly<Record<string, string>>;
  readonly status?: string;
  /** Children that start and end in the instant of the failure may be more or fewer. */
  readonly racy?: boolean;
}

const SECONDS_TO_ANSWER = 30;

/** Whoever was given a token answers half a minute later. */
export async function answerLater(
  { clock, tokens }: DurableWorld,
  token: unknown,
  from: number,
): Promise<void> {
  await clock.sleep(from + SECONDS_TO_ANSWER * 1000 - clock.now());
  tokens.succeed(token, { answered: true });
}

export const functions: Readonly<Record<string, Fake>> = {
  echo: (payload) => payload,
  flaky: ({ attempt }) => {
    if (Number(attempt) < 2) throw Object.assign(new Error('not yet'), { name: 'NotYet' });
    return attempt;
  },
  fails: () => {
    throw Object.assign(new Error('never'), { name: 'Never' });
  },
  odd: ({ n }) => {
    if (n === 3) throw Object.assign(new Error('three'), { name: 'Three' });
    return n;
  },
  later: ({ token }, world) => void answerLater(world, token, world.clock.now()),
};

const each = { n: '{% $states.input %}' };
const attempt = '{% $states.context.State.RetryCount %}';
const retry = (more: object = {}) => [
  { ErrorEquals: ['States.ALL'], IntervalSeconds: 10, BackoffRate: 3, ...more },
];

export const cases: readonly DurabilityCase[] = [
  {
    what: 'a sequence with Assign, Choice and Wait',
    definition: machine('First', {
      First: task('echo', { id: 1 }, { Assign: { one: '{% $states.result.Payload.id %}' }, Next: 'Pause' }),
      Pause: { Type: 'Wait', Seconds: '{% $one * 60 %}', Next: 'Which' },
      Which: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $one = 1 %}', Next: 'Second', Assign: { two: 2 } }],
      },
      Second: task('echo', { id: '{% $one + $two %}' }, { Next: 'Until' }),
      Until: { Type: 'Wait', Timestamp: '{% $fromMillis($millis() + 5000) %}', Next: 'Done' },
      Done: { Type: 'Succeed', Output: { sum: '{% $one + $two %}', last: '{% $states.input %}' } },
    }),
  },
  {
    what: 'retries with backoff, and a catcher',
    definition: machine('Flaky', {
      Flaky: task('flaky', { attempt, id: 'flaky' }, { Retry: retry(), Next: 'Fails' }),
      Fails: task(
        'fails',
        { attempt, id: 'fails' },
        {
          Retry: retry({ MaxAttempts: 1 }),
          Catch: [
            { ErrorEquals: ['Never'], Next: 'Wrong', Assign: { why: '{% $states.errorOutput.Error %}' } },
          ],
          End: true,
        },
      ),
      Wrong: {
        Type: 'Pass',
        Output: '{% $nothing %}',
        Next: 'Done',
      },
      Done: { Type: 'Pass', Output: '{% $why %}', End: true },
    }),
    status: 'FAILED',
  },
  {
    what: 'task tokens answered before and after',
    definition: machine('Ask', {
      Ask: callback('later', { id: 1 }, { TimeoutSeconds: 60, HeartbeatSeconds: 40, Next: 'Again' }),
      Again: callback('later', { id: 2 }, { End: true }),
    }),
  },
  {
    what: 'a task that times out with the execution',
    definition: machine('Ask', { Ask: callback('echo', { id: 1 }, { End: true }) }, { TimeoutSeconds: 90 }),
    status: 'TIMED_OUT',
  },
  {
    what: 'a distributed Map with one tolerated failure',
    datasets: { 'b/k': '1\n2\n3\n4\n5' },
    definition: machine('Each', {
      Each: distributed(
        {
          Call: task('odd', { ...each, id: '{% $states.input %}' }, { Next: 'Rest' }),
          Rest: { Type: 'Wait', Seconds: 5, End: true },
        },
        { MaxConcurrency: 2, ToleratedFailureCount: 1, ResultWriter: resultWriter, End: true },
      ),
    }),
  },
  {
    what: 'a distributed Map with a failure too many',
    datasets: { 'b/k': '1\n2\n3\n4\n5' },
    definition: machine('Each', {
      Each: distributed(
        {
          Call: task('odd', { ...each, id: '{% $states.input %}' }, { Next: 'Rest' }),
          Rest: { Type: 'Wait', Seconds: 5, End: true },
        },
        { MaxConcurrency: 2, End: true },
      ),
    }),
    status: 'FAILED',
    racy: true,
  },
  {
    what: 'Parallel and inline Map',
    definition: machine('Both', {
      Both: {
        Type: 'Parallel',
        Branches: [
          inner('A', {
            A: { Type: 'Pass', Assign: { a: 7 }, Next: 'B' },
            B: { Type: 'Wait', Seconds: 20, Next: 'C' },
            C: task('echo', { id: '{% $a %}' }, { End: true }),
          }),
          inner('Many', {
            Many: {
              Type: 'Map',
              Items: [1, 2, 3],
              MaxConcurrency: 2,
              ItemProcessor: inner('Call', {
                Call: task('echo', { id: '{% "item" & $states.input %}' }, { Next: 'Rest' }),
                Rest: { Type: 'Wait', Seconds: 8, End: true },
              }),
              End: true,
            },
          }),
        ],
        End: true,
      },
    }),
  },
  {
    what: 'a branch that fails and stops the other, caught',
    definition: machine('Both', {
      Both: {
        Type: 'Parallel',
        Branches: [
          inner('A', { A: task('fails', { id: 'a' }, { End: true }) }),
          inner('B', { B: { Type: 'Wait', Seconds: 20, End: true } }),
        ],
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Done', Output: '{% $states.errorOutput.Error %}' }],
        End: true,
      },
      Done: { Type: 'Pass', End: true },
    }),
  },
  {
    what: 'an inline Map of which one iteration fails and stops the others, retried',
    definition: machine('Each', {
      Each: {
        Type: 'Map',
        Items: [1, 3, 2],
        ItemProcessor: inner('Which', {
          Which: {
            Type: 'Choice',
            Choices: [{ Condition: '{% $states.input = 3 %}', Next: 'Pause' }],
            Default: 'Rest',
          },
          Pause: { Type: 'Wait', Seconds: 5, Next: 'Call' },
          Call: task('odd', { ...each, at: '{% $millis() %}' }, { End: true }),
          Rest: { Type: 'Wait', Seconds: 20, End: true },
        }),
        Retry: retry({ MaxAttempts: 1 }),
        End: true,
      },
    }),
    status: 'FAILED',
  },
  {
    what: 'iterations that fail together',
    definition: machine('Each', {
      Each: {
        Type: 'Map',
        Items: [3, 3, 1],
        ItemProcessor: inner('Call', {
          Call: task('odd', { ...each, at: '{% $states.context.Map.Item.Index %}' }, { End: true }),
        }),
        End: true,
      },
    }),
    status: 'FAILED',
    racy: true,
  },
  {
    what: 'a Map that fails inside a branch, beside a Map that is stopped',
    definition: machine('Both', {
      Both: {
        Type: 'Parallel',
        Branches: [
          inner('A', {
            A: {
              Type: 'Map',
              Items: [1],
              ItemProcessor: inner('Fails', { Fails: task('fails', { id: 'a' }, { End: true }) }),
              End: true,
            },
          }),
          inner('B', {
            B: {
              Type: 'Map',
              Items: [1, 2],
              ItemProcessor: inner('Rest', { Rest: { Type: 'Wait', Seconds: 20, End: true } }),
              End: true,
            },
          }),
        ],
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Done', Output: '{% $states.errorOutput.Error %}' }],
        End: true,
      },
      Done: { Type: 'Pass', End: true },
    }),
  },
  {
    what: 'a distributed Map that is retried',
    datasets: { 'b/k': '3' },
    definition: machine('Each', {
      Each: distributed(
        { Call: task('odd', { ...each, at: '{% $millis() %}' }, { End: true }) },
        { Retry: retry({ MaxAttempts: 1 }), End: true },
      ),
    }),
    status: 'FAILED',
    racy: true,
  },
];
