import { type Clock, fastClock, realClock } from '../../../src/local/clock.ts';
import { Schedules } from '../../../src/local/events/schedule.ts';
import { virtualClock } from '../states/virtual-clock.ts';
import { clock, recordingBus } from './recording-bus.ts';

describe('a schedule', () => {
  const target = { id: 'a', arn: 'arn:a' };
  const scheduled = { name: 'tick', targets: [target] };

  it.each([
    ['rate(1 minute)', 60],
    ['rate(5 minutes)', 300],
    ['rate(1 hour)', 3600],
    ['rate(2 days)', 172_800],
  ])(
    '%s gives its targets an event, a period after its start and then every period',
    async (expression, seconds) => {
      const time = virtualClock();
      const start = time.now();
      const times: number[] = [];
      const third = signalled();
      const { bus } = recordingBus({
        clock: time,
        deliver: async () => {
          times.push((time.now() - start) / 1000);
          if (times.length === 3) third.resolve();
        },
      });
      bus.putRule({ ...scheduled, scheduleExpression: expression });
      await third.promise;
      await bus.close();
      expect(times).toEqual([seconds, 2 * seconds, 3 * seconds]);
    },
  );

  it.each([
    ['cron(0 6 ? * MON-FRI *)', ['2026-01-01T06:00', '2026-01-02T06:00', '2026-01-05T06:00']],
    ['cron(0/20 12 1 * ? *)', ['2026-01-01T12:00', '2026-01-01T12:20', '2026-01-01T12:40']],
  ])('%s gives its targets an event at its times', async (expression, expected) => {
    const time = virtualClock();
    const times: string[] = [];
    const third = signalled();
    const { bus } = recordingBus({
      clock: time,
      deliver: async () => {
        times.push(new Date(time.now()).toISOString().slice(0, 16));
        if (times.length === 3) third.resolve();
      },
    });
    bus.putRule({ ...scheduled, scheduleExpression: expression });
    await third.promise;
    await bus.close();
    expect(times).toEqual(expected);
  });

  it('that is over, or never comes, leaves nothing to close', async () => {
    const { bus, delivered } = recordingBus();
    bus.putRule({ ...scheduled, scheduleExpression: 'cron(0 0 1 1 ? 1999)' });
    bus.putRule({ ...scheduled, name: 'never', scheduleExpression: 'cron(0 0 30 2 ? *)' });
    await bus.close();
    expect(delivered).toEqual([]);
  });

  it('is an event of the rule, and of no other', async () => {
    const time = virtualClock();
    const first = signalled();
    const delivered: [string, unknown][] = [];
    const { bus } = recordingBus({
      clock: time,
      deliver: async (arn, event) => {
        delivered.push([arn, event]);
        first.resolve();
      },
    });
    bus.putRule({
      name: 'other',
      pattern: { source: ['aws.events'] },
      targets: [{ id: 'b', arn: 'arn:b' }],
    });
    bus.putRule({ ...scheduled, scheduleExpression: 'rate(1 hour)' });
    await first.promise;
    await bus.close();
    expect(delivered[0]).toEqual([
      'arn:a',
      {
        version: '0',
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        'detail-type': 'Scheduled Event',
        source: 'aws.events',
        account: '123456789012',
        time: '2026-01-01T01:00:00Z',
        region: 'eu-west-1',
        resources: ['arn:aws:events:eu-west-1:123456789012:rule/tick'],
        detail: {},
      },
    ]);
    expect(delivered.filter(([arn]) => arn === 'arn:b')).toEqual([]);
  });

  it('goes by a clock that is sped up, and leaves out what passes while a target is at work', async () => {
    let running = 0;
    let most = 0;
    let calls = 0;
    const { bus } = recordingBus({
      clock: fastClock(60_000),
      deliver: async () => {
        calls++;
        running++;
        most = Math.max(most, running);
        await realClock.sleep(20);
        running--;
      },
    });
    bus.putRule({ ...scheduled, scheduleExpression: 'rate(1 minute)' });
    await realClock.sleep(150);
    await bus.close();
    expect(calls).toBeGreaterThan(1);
    expect(most).toBe(1);
  });

  it('fires at each of its times as on AWS, however long its target is at work', async () => {
    const time = virtualClock();
    const start = time.now();
    const third = signalled();
    const over = signalled();
    const times: number[] = [];
    const { bus } = recordingBus({
      clock: time,
      overlappingSchedules: true,
      deliver: async () => {
        times.push((time.now() - start) / 1000);
        if (times.length === 3) third.resolve();
        await over.promise;
      },
    });
    bus.putRule({ ...scheduled, scheduleExpression: 'rate(1 minute)' });
    await third.promise;
    const closed = bus.close().then(() => 'closed');
    const meanwhile = await Promise.race([closed, realClock.sleep(5).then(() => 'at work')]);
    over.resolve();
    expect([meanwhile, await closed]).toEqual(['at work', 'closed']);
    expect(times.slice(0, 3)).toEqual([60, 120, 180]);
  });

  it('overlaps by the real clock alone, where nobody says', async () => {
    const begun = async (clock: Clock) => {
      const schedules = new Schedules(clock);
      const over = signalled();
      let ticks = 0;
      const soon = (after: number) => (ticks < 3 ? after + 1 : undefined);
      schedules.start('tick', soon, () => {
        ticks++;
        return over.promise;
      });
      await realClock.sleep(30);
      over.resolve();
      await schedules.close();
      return ticks;
    };
    expect([await begun(realClock), await begun(fastClock(2))]).toEqual([3, 1]);
  });

  it('ends when the rule is replaced by one that is disabled, and when the bus closes', async () => {
    const { bus, delivered } = recordingBus();
    bus.putRule({ ...scheduled, scheduleExpression: 'rate(1 day)' });
    bus.putRule({ ...scheduled, scheduleExpression: 'rate(1 minute)', enabled: false });
    bus.putRule({ ...scheduled, name: 'far', scheduleExpression: 'rate(99 days)' });
    await clock.sleep(200_000);
    await bus.close();
    expect(delivered).toEqual([]);
  });
});

function signalled() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve: () => resolve() };
}
