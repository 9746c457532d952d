import { recordIdOf } from '../../src/batch/record-id.ts';
import { invokeOnDemand } from '../../src/steps/invoke-on-demand.ts';
import { mortal } from './mortal.ts';
import {
  allIds,
  answerTo,
  fault,
  folder,
  idsOf,
  keysOf,
  linesOf,
  MINUTES,
  objectsOf,
  type Says,
  throttle,
  world,
} from './on-demand-world.ts';

test('every record is asked once, and has a line as a batch job writes it', async () => {
  const { objects, models, invoke } = world();
  expect(await invoke()).toEqual({ status: 'OnDemand', records: 120 });
  expect([...models.asked].sort((a, b) => a - b)).toEqual(Array.from({ length: 120 }, (_, n) => n));
  expect(idsOf(objects)).toEqual(allIds(120));
  // The input to the digit, and the output as the model wrote it.
  expect(linesOf(objects)[0]).toBe(
    `{"modelInput":{"n":0,"t":1.0},"modelOutput":${answerTo(0)},"recordId":"${recordIdOf(0)}"}`,
  );
});

test('objects count up and hold what came in two seconds, or ten records', async () => {
  const fast = world({ takesMs: () => 10 });
  await fast.invoke();
  const numbers = Array.from({ length: 12 }, (_, i) => i + 1);
  expect(keysOf(fast.objects).sort()).toEqual(numbers.map((n) => `${folder}on-demand/${n}.jsonl.out`).sort());
  expect(objectsOf(fast.objects).map((lines) => lines.length)).toEqual(numbers.map(() => 10));
  const slow = world({ records: 9, concurrency: 1, takesMs: () => 1000 });
  await slow.invoke();
  expect(objectsOf(slow.objects).map((lines) => lines.length)).toEqual([3, 3, 3]);
});

test('a large answer is not kept for long', async () => {
  const { objects, invoke } = world({
    records: 5,
    concurrency: 1,
    takesMs: () => 1,
    says: () => ({ body: JSON.stringify('x'.repeat(9 * 1024 * 1024)) }),
  });
  await invoke();
  expect(objectsOf(objects).map((lines) => lines.length)).toEqual([2, 2, 1]);
});

test.each([1, 3, 8, 60])('at most %i records are asked at a time', async (concurrency) => {
  const { models, objects, invoke } = world({ concurrency, takesMs: (n) => 100 + (n % 7) * 50 });
  await invoke();
  expect(models.mostAtOnce).toBe(concurrency);
  expect(idsOf(objects)).toEqual(allIds(120));
});

test.each([0, -1, 1.5, Number.NaN])('%p chunks at once are refused', async (chunksAtOnce) => {
  await expect(world({ chunksAtOnce }).invoke()).rejects.toMatchObject({ name: 'InvalidInput' });
});

test.each([
  [20, 4, 5],
  [20, 7, 2],
  [20, 20, 1],
  [3, 50, 1],
] as const)('of %i for the run, each of %i chunks has %i', async (concurrency, chunksAtOnce, own) => {
  const { models, turns, invoke } = world({ concurrency, chunksAtOnce });
  await invoke();
  expect(models.mostAtOnce).toBe(own);
  expect(turns.taken.size).toBe(0);
});

test('where there are more chunks than may be asked at a time, one waits for its turn', async () => {
  const { models, turns, invoke } = world({ concurrency: 2, chunksAtOnce: 3 });
  turns.taken.add(7).add(8);
  await expect(invoke()).rejects.toMatchObject({
    name: 'TurnUnavailable',
    message: 'Cannot ask on demand yet: 2 other chunks of the run are being asked.',
  });
  expect(models.asked).toEqual([]);
  turns.taken.delete(7);
  expect(await invoke()).toEqual({ status: 'OnDemand', records: 120 });
  expect([...turns.taken]).toEqual([8]);
});

test('a turn is given back by an invocation that fails', async () => {
  const { turns, invoke } = world({ concurrency: 1, chunksAtOnce: 2, says: () => throttle });
  await expect(invoke()).rejects.toMatchObject({ name: 'ModelUnavailable' });
  expect(turns.taken.size).toBe(0);
});

describe('what the model says', () => {
  const cases: readonly { readonly what: string; readonly says: Says; readonly line: object }[] = [
    {
      what: 'an error of the record',
      says: () => ({ errorCode: 400, errorMessage: 'max_tokens: Field required' }),
      line: { error: { errorCode: 400, errorMessage: 'max_tokens: Field required' } },
    },
    {
      what: 'JSON over several lines',
      says: () => ({ body: '{\n  "a":\r\n 1.50\n}' }),
      line: { modelOutput: { a: 1.5 } },
    },
    {
      what: 'what is no JSON',
      says: () => ({ body: '<html>' }),
      line: { error: { errorCode: 'UnreadableOutput', errorMessage: expect.any(String) } },
    },
    {
      what: 'a throttle, three times',
      says: (_, time) => (time > 3 ? { body: '{}' } : throttle),
      line: { modelOutput: {} },
    },
    {
      what: 'a fault, seven times',
      says: (_, time) => (time > 7 ? { body: '{}' } : fault),
      line: { modelOutput: {} },
    },
    {
      what: 'a fault, again and again',
      says: () => fault,
      line: { error: { errorCode: 503, errorMessage: 'unavailable' } },
    },
  ];

  test.each(cases)('$what', async ({ says, line }) => {
    const { objects, invoke } = world({ records: 1, says });
    expect(await invoke()).toEqual({ status: 'OnDemand', records: 1 });
    const [text = ''] = linesOf(objects);
    expect(JSON.parse(text)).toEqual({ modelInput: { n: 0, t: 1 }, recordId: recordIdOf(0), ...line });
  });

  test('what is no answer about a record fails the step, after what was answered is written', async () => {
    const denied = new Error('no credentials');
    const { objects, models, invoke } = world({
      says: (n) => {
        if (n === 20) throw denied;
        return { body: answerTo(n) };
      },
    });
    await expect(invoke()).rejects.toBe(denied);
    expect(linesOf(objects)).toHaveLength(models.asked.length - 1);
    expect(models.asked.length).toBeLessThan(40);
  });
});

test('waits double, and a random part of them is slept', async () => {
  const { clock, invoke } = world({
    records: 1,
    takesMs: () => 0,
    says: (_, time) => (time > 8 ? { body: '{}' } : throttle),
  });
  await invoke();
  // Every ten seconds it is looked whether the execution goes on.
  const waits = clock.slept.filter((ms) => ms > 0 && ms < 60_000 && ms !== 10_000);
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
});

describe('when the time is over', () => {
  test('what was answered is written, and the next invocations go on behind it', async () => {
    const { objects, models, invoke } = world({ time: 75_000, concurrency: 2 });
    let rows = 0;
    for (let result = await invoke(); 'unfinished' in result; result = await invoke()) {
      expect(result.rows_so_far).toBe(linesOf(objects).length);
      expect(result.rows_so_far).toBeGreaterThan(rows);
      rows = result.rows_so_far;
    }
    expect(idsOf(objects)).toEqual(allIds(120));
    expect(models.asked).toHaveLength(120);
  });

  test('a record is asked even if there was none from the start', async () => {
    const { models, invoke } = world({ time: 1 * MINUTES, concurrency: 1, takesMs: () => 10 });
    expect(await invoke()).toEqual({ unfinished: true, rows_so_far: 1 });
    expect(models.asked).toEqual([0]);
  });

  test('a record that is throttled still is left to the next invocation', async () => {
    const { objects, models, clock, invoke } = world({
      records: 3,
      says: (n) => (n === 1 && clock.ms < 15 * MINUTES ? throttle : { body: answerTo(n) }),
    });
    expect(await invoke()).toEqual({ unfinished: true, rows_so_far: 2 });
    expect(clock.ms).toBeLessThan(14.1 * MINUTES);
    clock.ms = 15 * MINUTES;
    expect(await invoke()).toEqual({ status: 'OnDemand', records: 3 });
    expect(idsOf(objects)).toEqual(allIds(3));
    expect([models.timesOf(0), models.timesOf(2)]).toEqual([1, 1]);
  });

  test('nothing but throttles is an error that the state machine counts', async () => {
    const { objects, invoke } = world({ says: () => throttle });
    const sentence = 'Cannot get an answer on demand yet: no record was answered (Too many requests).';
    await expect(invoke()).rejects.toMatchObject({ name: 'ModelUnavailable', message: sentence });
    expect(linesOf(objects)).toEqual([]);
  });

  test('a request that takes too long is broken off, and the others are written', async () => {
    const { objects, clock, invoke } = world({
      records: 4,
      takesMs: (n) => (n === 2 && clock.ms < 14 * MINUTES ? 60 * MINUTES : 1000),
    });
    expect(await invoke()).toEqual({ unfinished: true, rows_so_far: 3 });
    expect(clock.ms).toBe(15 * MINUTES - 15_000);
    expect(await invoke()).toEqual({ status: 'OnDemand', records: 4 });
    expect(idsOf(objects)).toEqual(allIds(4));
  });
});

const times = (count: number, write: jest.SpyInstance, failed: Error) => {
  for (let i = 0; i < count; i++) write.mockRejectedValueOnce(failed);
};

test.each([1, 6])('lines that could not be written %i times are written after a while', async (count) => {
  const { objects, models, invoke } = world({ records: 60, concurrency: 1, takesMs: () => 10 });
  times(count, jest.spyOn(objects, 'create'), new Error('S3 is down'));
  expect(await invoke()).toEqual({ status: 'OnDemand', records: 60 });
  expect(idsOf(objects)).toEqual(allIds(60));
  expect(models.asked).toHaveLength(60);
});

test('where S3 stays away for longer they are written by the way out', async () => {
  const { objects, models, invoke } = world({ records: 60, concurrency: 1, takesMs: () => 10 });
  const failed = new Error('S3 is down');
  times(7, jest.spyOn(objects, 'create'), failed);
  await expect(invoke()).rejects.toBe(failed);
  expect(idsOf(objects)).toHaveLength(models.asked.length);
  expect(await invoke()).toEqual({ status: 'OnDemand', records: 60 });
  expect(idsOf(objects)).toEqual(allIds(60));
  expect(models.asked).toHaveLength(60);
});

test('an execution that was stopped has no more records asked, and what was asked is written', async () => {
  const { objects, models, execution, invoke } = world({
    concurrency: 2,
    says: (n) => {
      if (n === 20) execution.status = 'ABORTED';
      return { body: answerTo(n) };
    },
  });
  expect(await invoke()).toMatchObject({ unfinished: true });
  expect(models.asked.length).toBeLessThan(60);
  expect(idsOf(objects)).toHaveLength(models.asked.length);
});

test.each([
  [5, false],
  [6, true],
])(
  'after %i looks at the execution that fail one after the other it gives up: %p',
  async (count, givesUp) => {
    const { objects, step, models, collaborators } = world({ concurrency: 1 });
    const denied = new Error('AccessDenied');
    let looks = 0;
    const statusOf = () => (looks++ < count ? Promise.reject(denied) : Promise.resolve('RUNNING'));
    const asked = invokeOnDemand(step, { ...collaborators(), executions: { statusOf } });
    if (givesUp) await expect(asked).rejects.toBe(denied);
    else expect(await asked).toEqual({ status: 'OnDemand', records: 120 });
    expect(idsOf(objects)).toHaveLength(models.asked.length);
  },
);

test('of two functions at one attempt none overwrites what the other wrote, and who meets the other gives up', async () => {
  // No two answers are the same.
  let said = 0;
  const { objects, models, invoke } = world({ concurrency: 4, says: () => ({ body: answerTo(said++) }) });
  const both = await Promise.allSettled([invoke(), invoke()]);
  const rejected = both.filter((one): one is PromiseRejectedResult => one.status === 'rejected');
  expect(rejected.length).toBeGreaterThan(0);
  for (const { reason } of rejected) expect(reason).toMatchObject({ name: 'TurnUnavailable' });
  expect(models.asked.length).toBeLessThan(100);
  await invoke();
  // Each line is there, of whichever function; nothing that was paid for is lost.
  expect(linesOf(objects)).toHaveLength(models.asked.length);
  expect([...new Set(idsOf(objects))]).toEqual(allIds(120));
});

test('an object that was written though S3 said nothing is not written again', async () => {
  const { objects, models, invoke } = world({ records: 60, concurrency: 1, takesMs: () => 10 });
  const create = objects.create.bind(objects);
  jest.spyOn(objects, 'create').mockImplementationOnce(async (key, body) => {
    await create(key, body);
    throw new Error('the connection was reset');
  });
  expect(await invoke()).toEqual({ status: 'OnDemand', records: 60 });
  expect(linesOf(objects)).toHaveLength(60);
  expect(models.asked).toHaveLength(60);
});

test.each(['{"recordId":"x"}', '{"modelInput":{}}'])(
  'a line that is no record is refused: %s',
  async (line) => {
    const { objects, step, models, invoke } = world({ records: 3 });
    const key = step.prepared.input_uri.replace('s3://bucket/', '');
    objects.put(key, `${objects.text(key)}${line}\n`);
    await expect(invoke()).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringMatching(/line 4/),
    });
    expect(idsOf(objects)).toHaveLength(models.asked.length);
  },
);

test('a second call asks nothing', async () => {
  const { models, invoke } = world();
  await invoke();
  expect(await invoke()).toEqual({ status: 'OnDemand', records: 120 });
  expect(models.asked).toHaveLength(120);
});

/** Every call that writes, and some of those that ask. */
async function moments(start: () => ReturnType<typeof world>): Promise<number[]> {
  const all = start();
  const { collaborators, life } = mortal({ ...all.collaborators() }, { at: 0, when: 'before' });
  await invokeOnDemand(all.step, collaborators);
  const indices = life.calls.map((name, i) => (name === 'invoke' && i % 17 > 0 ? 0 : i + 1));
  return indices.filter((at) => at > 0);
}

test.each([4, 40])(
  'killed at any instant with %i at a time, it repeats no more than an object',
  async (concurrency) => {
    const takesMs = (n: number) => 100 + (n % 5) * 300;
    const says: Says = (n) => (n % 11 === 0 ? { errorCode: 400, errorMessage: 'no' } : { body: answerTo(n) });
    const start = () => world({ concurrency, takesMs, says });
    for (const at of await moments(start)) {
      for (const when of ['before', 'after'] as const) {
        const all = start();
        const { collaborators, life } = mortal(all.collaborators(), { at, when });
        await expect(invokeOnDemand(all.step, collaborators)).rejects.toThrow();
        expect(life.died).toBe(true);
        expect(await all.invoke()).toEqual({ status: 'OnDemand', records: 120 });
        expect(idsOf(all.objects)).toEqual(allIds(120));
        expect(all.models.asked.length - 120).toBeLessThanOrEqual(concurrency + 10);
        expect(Math.max(...allIds(120).map((_, n) => all.models.timesOf(n)))).toBeLessThanOrEqual(2);
      }
    }
  },
);
