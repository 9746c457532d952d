import { redriveStatusOf } from '../../../src/local/states/redrive.ts';
import {
  type DurableWorld,
  durableWorld,
  ended,
  type Fake,
  historyOf,
  temporaryFolders,
  theParent,
} from './durable-world.ts';
import { filesOf, killAfter, linesIn, outcomeOf } from './killed.ts';
import { distributed, inner, machine, resultWriter, task } from './machines.ts';

const newFolder = temporaryFolders();
const input = '{% $states.input %}';

/** A world whose function `mends` fails with the ids that are broken, until they are mended. */
async function mendable(definition: object, broken: unknown[], more: object = {}): Promise<DurableWorld> {
  const mends: Fake = (payload) => {
    if (broken.includes(payload['id'])) throw Object.assign(new Error('broken'), { name: 'Broken' });
    return payload['id'];
  };
  return durableWorld({ directory: newFolder(), definition, functions: { mends }, ...more });
}

function idsOf(world: DurableWorld): readonly unknown[] {
  return world.calls.map(({ id }) => id);
}

describe('what can be redriven', () => {
  const now = Date.UTC(2026, 6, 1);
  const day = 24 * 3600 * 1000;
  const failed = { status: 'FAILED', ofMapRun: false, startTime: now - day, stopTime: now - day, now };

  test.each([
    ['a failure', failed, undefined],
    ['an abortion', { ...failed, status: 'ABORTED' }, undefined],
    ['a success', { ...failed, status: 'SUCCEEDED' }, 'Execution is SUCCEEDED and cannot be redriven'],
    ['what runs', { ...failed, status: 'RUNNING' }, 'Execution is RUNNING and cannot be redriven'],
    ['a long history', { ...failed, eventCount: 24_999 }, 'Execution history event limit exceeded'],
    ['a history that leaves room', { ...failed, eventCount: 24_998 }, undefined],
    ['the fourteenth day', { ...failed, startTime: now - 14 * day, stopTime: now - 14 * day }, undefined],
    [
      'a later day',
      { ...failed, startTime: now - 15 * day, stopTime: now - 15 * day },
      'Execution redrivable period exceeded',
    ],
    ['a year', { ...failed, startTime: now - 366 * day }, 'Execution has exceeded the max execution time'],
    ['a thousand redrives', { ...failed, redriveCount: 1000 }, 'Execution redrive limit exceeded'],
  ])('%s', (_, candidate, reason) => {
    const status = reason === undefined ? 'REDRIVABLE' : 'NOT_REDRIVABLE';
    const expected = { redriveStatus: status, ...(reason !== undefined && { redriveStatusReason: reason }) };
    expect(redriveStatusOf(candidate)).toEqual(expected);
  });

  test('a child is redriven by its Map Run', () => {
    expect(redriveStatusOf({ ...failed, ofMapRun: true }).redriveStatus).toBe('REDRIVABLE_BY_MAP_RUN');
  });
});

const retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 1 }];
const sequence = machine('One', {
  One: task('mends', { id: 1 }, { Assign: { kept: 5 }, Next: 'Two' }),
  Two: task('mends', { id: 2 }, { Retry: retry, Next: 'Three', Output: { kept: '{% $kept %}', input } }),
  Three: {
    Type: 'Pass',
    Output: {
      input,
      count: '{% $states.context.Execution.RedriveCount %}',
      time: '{% $states.context.Execution.RedriveTime %}',
    },
    End: true,
  },
});

describe('a redrive', () => {
  test('goes on at the state that failed, with its input, variables and fresh retries', async () => {
    const broken = [2];
    const world = await mendable(sequence, broken);
    const record = await ended(world.start());
    expect([record.status, idsOf(world)]).toEqual(['FAILED', [1, 2, 2]]);
    world.executions.redrive(record, undefined);
    await ended(record);
    expect([record.status, idsOf(world)]).toEqual(['FAILED', [1, 2, 2, 2, 2]]);
    broken.pop();
    const redriveTime = world.executions.redrive(record, undefined);
    expect(record.status).toBe('RUNNING');
    await ended(record);
    expect(JSON.parse(world.executions.store.data(record).output ?? '')).toEqual({
      input: { kept: 5, input: 1 },
      count: 2,
      time: new Date(redriveTime).toISOString(),
    });
    const history = historyOf(record);
    expect(history.filter((type) => type === 'TaskStateEntered')).toHaveLength(2);
    const [, again] = history.flatMap((type, index) => (type === 'ExecutionRedriven' ? [index] : []));
    expect(history.slice(again)).toEqual([
      ...['ExecutionRedriven', 'TaskScheduled', 'TaskStarted', 'TaskSucceeded', 'TaskStateExited'],
      ...['PassStateEntered', 'PassStateExited', 'ExecutionSucceeded'],
    ]);
    expect(record.event((again ?? 0) + 1)).toMatchObject({
      executionRedrivenEventDetails: { redriveCount: 2 },
    });
    expect(world.told.map(({ status, redriveCount }) => [status, redriveCount])).toEqual([
      ...[
        ['RUNNING', 0],
        ['FAILED', 0],
        ['RUNNING', 1],
        ['FAILED', 1],
        ['RUNNING', 2],
        ['SUCCEEDED', 2],
      ],
    ]);
    expect(world.told.at(-1)).toMatchObject({ redriveDate: redriveTime });
    await world.executions.close();
  });

  test('is the same for the same token, and refused for what did not fail', async () => {
    const broken = [2];
    const world = await mendable(sequence, broken);
    const record = await ended(world.start());
    broken.pop();
    const time = world.executions.redrive(record, 'token');
    expect(world.executions.redrive(record, 'token')).toBe(time);
    expect(() => world.executions.redrive(record, 'other')).toThrow(
      'Execution is RUNNING and cannot be redriven',
    );
    await ended(record);
    expect([record.redriveCount, record.status]).toEqual([1, 'SUCCEEDED']);
    expect(() => world.executions.redrive(record, 'other')).toThrow('Execution is SUCCEEDED');
    await world.executions.close();
  });

  test('of what was stopped or timed out counts its time anew', async () => {
    const definition = machine('W', { W: { Type: 'Wait', Seconds: 60, End: true } }, { TimeoutSeconds: 90 });
    const world = await mendable(definition, []);
    const record = world.start();
    await world.clock.sleep(50_000);
    await world.executions.stop(record);
    await world.clock.sleep(50_000);
    world.executions.redrive(record, undefined);
    await ended(record);
    expect([record.status, (record.stopTime ?? 0) - (record.redriveTime ?? 0)]).toEqual([
      'SUCCEEDED',
      60_000,
    ]);
    await world.executions.close();
  });

  test('of branches and iterations runs only those that failed or were stopped', async () => {
    const broken = ['b', 2];
    const definition = machine('Both', {
      Both: {
        Type: 'Parallel',
        Branches: [
          inner('A', { A: task('mends', { id: 'a' }, { End: true }) }),
          inner('First', {
            First: task('mends', { id: 'first' }, { Next: 'Rest' }),
            Rest: { Type: 'Wait', Seconds: 5, Next: 'B' },
            B: task('mends', { id: 'b' }, { End: true }),
          }),
          inner('W', { W: { Type: 'Wait', Seconds: 60, End: true } }),
        ],
        Next: 'Many',
      },
      Many: {
        Type: 'Map',
        Items: [1, 2, 3],
        MaxConcurrency: 1,
        ItemProcessor: inner('C', { C: task('mends', { id: input }, { End: true }) }),
        End: true,
      },
    });
    const world = await mendable(definition, broken);
    const record = await ended(world.start());
    expect(idsOf(world)).toEqual(['a', 'first', 'b']);
    broken.shift();
    world.executions.redrive(record, undefined);
    await ended(record);
    expect([record.status, idsOf(world)]).toEqual(['FAILED', ['a', 'first', 'b', 'b', 1, 2]]);
    broken.shift();
    world.executions.redrive(record, undefined);
    await ended(record);
    expect([record.status, idsOf(world)]).toEqual(['SUCCEEDED', ['a', 'first', 'b', 'b', 1, 2, 2, 3]]);
    expect(world.executions.store.data(record).output).toBe('[1,2,3]');
    await world.executions.close();
  });
});

describe('a redrive of a Map Run', () => {
  const each = machine('Each', {
    Each: distributed(
      {
        Before: task('mends', { id: '{% "before " & $states.input %}' }, { Output: input, Next: 'Call' }),
        Call: task('mends', { id: input }, { End: true }),
      },
      { MaxConcurrency: 2, ResultWriter: resultWriter, Output: 'done', End: true },
    ),
  });
  const datasets = { 'b/k': '1\n2\n3\n4\n5' };

  test('runs what failed and what was never started, and keeps what succeeded', async () => {
    const broken = [2];
    const world = await mendable(each, broken, { datasets });
    const record = await ended(world.start());
    const [run] = world.executions.store.mapRuns.values();
    expect([record.status, run?.status]).toEqual(['FAILED', 'FAILED']);
    const succeeded = idsOf(world).length;
    broken.pop();
    world.executions.redrive(record, undefined);
    await ended(record);
    expect(record.status).toBe('SUCCEEDED');
    expect(world.executions.store.mapRuns.size).toBe(1);
    expect(run).toMatchObject({
      ...{ status: 'SUCCEEDED', redriveCount: 1, redriveTime: record.redriveTime },
      executionCounts: {
        succeeded: 5,
        failed: 0,
        aborted: 0,
        pendingRedrive: 0,
        total: 5,
        resultsWritten: 5,
      },
    });
    const again = idsOf(world).slice(succeeded);
    expect(again).toContain(2);
    expect(again).not.toContain('before 2');
    expect(again).not.toContain(1);
    expect(filesOf(world)['out/p/RUN/SUCCEEDED_0.json']).toEqual(
      [1, 2, 3, 4, 5].map((n) => expect.stringMatching(new RegExp(`^${n} SUCCEEDED ${n} [01]$`))),
    );
    const redriven = historyOf(record).indexOf('MapRunRedriven');
    expect(record.event(redriven + 1)).toMatchObject({
      mapRunRedrivenEventDetails: { mapRunArn: run?.identity.arn, redriveCount: 1 },
    });
    const child = world.executions.store.childrenOf(run?.identity.arn ?? '')[1];
    expect(child && historyOf(child)).toContain('ExecutionRedriven');
    await world.executions.close();
  });

  test('ends the same, killed after any line of it', async () => {
    const broken = [2];
    const directory = newFolder();
    const world = await mendable(each, broken, { directory, datasets });
    const record = await ended(world.start());
    broken.pop();
    world.written.clear();
    world.executions.redrive(record, undefined);
    await ended(record);
    await world.executions.close();
    const lines = linesIn(directory);
    const first = lines.findIndex((line) => line.includes('"ExecutionRedriven"'));
    for (let count = first + 1; count < lines.length; count += 1) {
      const copy = newFolder();
      const before = killAfter(count, directory, copy);
      const now = before.at(-1)?.timestamp;
      const later = await mendable(each, broken, { directory: copy, datasets, now, seed: count });
      later.resume();
      await ended(theParent(later));
      expect({ count, ...outcomeOf(later) }).toEqual({ count, ...outcomeOf(world) });
      const left = before.some(({ type }) => type === 'MapStateExited');
      expect({ count, files: filesOf(later) }).toEqual({ count, files: left ? {} : filesOf(world) });
      await later.executions.close();
    }
  });
});
