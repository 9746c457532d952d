import { jobEvent } from '../../src/steps/job-event.ts';
import { reconcile } from '../../src/steps/reconcile.ts';
import { runJob } from '../../src/steps/run-job.ts';
import { stopJob } from '../../src/steps/stop-job.ts';
import { stopJobs } from '../../src/steps/stop-jobs.ts';
import { FakeLog } from './fakes.ts';
import { FakeJobs, FakeTasks, MemoryInventory, MemorySlots } from './job-fakes.ts';
import { HOUR, inputOf, run } from './jobs-in-flight.ts';
import { type Death, deaths, mortal } from './mortal.ts';

/** Functions that are killed at any call, before or after it took effect, and what they leave for the next to mend. */

const input = inputOf(0, 'first');

function world() {
  const clock = { ms: 0 };
  const now = () => clock.ms;
  const inventory = new MemoryInventory();
  const jobs = new FakeJobs();
  const tasks = new FakeTasks('first');
  const slots = new MemorySlots({ max: 1, now });
  const execution = { status: 'RUNNING' };
  const executions = { statusOf: async () => execution.status, redrivesOf: async () => 0 };
  return { clock, now, inventory, jobs, tasks, slots, execution, executions, log: new FakeLog() };
}
type World = ReturnType<typeof world>;

const arn = (all: World) => [...all.inventory.items.values()][0]?.jobArn ?? '';
/** The job is with Bedrock, and the function died before it noted the ARN. */
const loseArn = (all: World) => {
  for (const [name, { jobArn: _, ...item }] of all.inventory.items) all.inventory.items.set(name, item);
};
const end = (all: World) => all.jobs.move(arn(all), 'Completed');
/** What an earlier delivery of RunJob did. */
const submitted = async (all: World) => void (await runJob(input, all));
const endedUnheard = async (all: World) => {
  await submitted(all);
  end(all);
};
const orphaned = async (all: World) => {
  await submitted(all);
  loseArn(all);
};
const forgotten = async (all: World) => {
  await orphaned(all);
  all.jobs.forgetTokens();
};

/** What stands before, what is called, and how it goes on when that is killed and everybody after it is not. */
interface Scenario {
  readonly before: (all: World) => Promise<void>;
  readonly step: (all: World) => Promise<unknown>;
  /** What the state machine, Lambda or the schedule does next. */
  readonly next: (all: World) => Promise<unknown>;
  readonly expected: {
    readonly jobs: number;
    readonly answers: readonly string[];
    readonly held: number;
    readonly stopped?: number;
  };
}

const nothing = async () => undefined;
const deliver = (all: World) => runJob({ ...input, task_token: 'second', asked_at: 2 }, all);
/** A task that was answered is over; one that was not is tried again, under a token of its own. */
const again = (step: (all: World, token: string) => Promise<unknown>) => async (all: World) => {
  if (all.tasks.answers.length > 0) return;
  all.tasks.abandon('second');
  all.tasks.wait('third');
  await step(all, 'third');
};
const runAgain = again((all, token) => runJob({ ...input, task_token: token, asked_at: 3 }, all));
const stop = (all: World, token: string) => stopJob({ ...input, task_token: token, asked_at: 3 }, all);
/** The job stops after a while, of which an event tells nobody: the reconciler finds it. */
const stopAgain = async (all: World) => {
  await again(stop)(all);
  if (arn(all) !== '' && all.tasks.answers.length === 0) all.jobs.move(arn(all), 'Stopped');
};
const hear = (all: World) => {
  const detail = { batchJobName: all.jobs.created[0]?.jobName ?? '', batchJobArn: arn(all), status: '' };
  return jobEvent(detail, all);
};
/** Its execution was stopped. */
const abandoned = async (all: World) => {
  await submitted(all);
  all.tasks.abandon('first');
  all.execution.status = 'ABORTED';
};
const stopAll = (all: World) => stopJobs({ executionArn: run.execution_arn, status: 'ABORTED' }, all);
const stopAllAgain = async (all: World) => {
  await stopAll(all);
  all.jobs.move(arn(all), 'Stopped');
};
const later = async (all: World) => {
  all.clock.ms += 2 * HOUR;
};
const second = (before: (all: World) => Promise<void>) => async (all: World) => {
  await before(all);
  all.tasks.abandon('first');
  all.tasks.wait('second');
};

const scenarios: Readonly<Record<string, Scenario>> = {
  'RunJob, of a new job': {
    before: second(nothing),
    step: deliver,
    next: runAgain,
    expected: { jobs: 1, answers: [], held: 1 },
  },
  'RunJob, of a job in flight': {
    before: second(submitted),
    step: deliver,
    next: runAgain,
    expected: { jobs: 1, answers: [], held: 1 },
  },
  'RunJob, of a job whose ARN was lost': {
    before: second(orphaned),
    step: deliver,
    next: runAgain,
    expected: { jobs: 1, answers: [], held: 1 },
  },
  'RunJob, of such a job after Bedrock forgot its token': {
    before: second(forgotten),
    step: deliver,
    next: runAgain,
    expected: { jobs: 1, answers: [], held: 1 },
  },
  'RunJob, of a job that ended unheard': {
    before: second(endedUnheard),
    step: deliver,
    next: runAgain,
    expected: { jobs: 1, answers: ['Completed'], held: 0 },
  },
  'StopJob, of a job that never was': {
    before: second(nothing),
    step: (all) => stop(all, 'second'),
    next: again(stop),
    expected: { jobs: 0, answers: ['NotSubmitted'], held: 0 },
  },
  'StopJob, of a job that only has a slot': {
    before: second(async ({ slots }) => void (await slots.acquire(run.model_id, 'jokes'))),
    step: (all) => stop(all, 'second'),
    next: async (all) => {
      await again(stop)(all);
      await later(all);
    },
    expected: { jobs: 0, answers: ['NotSubmitted'], held: 0 },
  },
  'StopJob, of a job in flight': {
    before: second(submitted),
    step: (all) => stop(all, 'second'),
    next: stopAgain,
    expected: { jobs: 1, answers: ['Stopped'], held: 0, stopped: 1 },
  },
  'StopJob, of a job whose ARN was lost': {
    before: second(orphaned),
    step: (all) => stop(all, 'second'),
    next: stopAgain,
    expected: { jobs: 1, answers: ['Stopped'], held: 0, stopped: 1 },
  },
  'StopJob, of a job that has ended': {
    before: second(endedUnheard),
    step: (all) => stop(all, 'second'),
    next: again(stop),
    expected: { jobs: 1, answers: ['Completed'], held: 0 },
  },
  'JobEvent, of an end': {
    before: endedUnheard,
    step: hear,
    next: hear,
    expected: { jobs: 1, answers: ['Completed'], held: 0 },
  },
  'StopJobs, of a job in flight': {
    before: abandoned,
    step: stopAll,
    next: stopAllAgain,
    expected: { jobs: 1, answers: [], held: 0, stopped: 1 },
  },
  'StopJobs, of a job whose ARN was lost': {
    before: async (all) => {
      await abandoned(all);
      loseArn(all);
    },
    step: stopAll,
    next: stopAllAgain,
    expected: { jobs: 1, answers: [], held: 0, stopped: 1 },
  },
  'the reconciler, of a job in flight': {
    before: async (all) => {
      await submitted(all);
      await later(all);
    },
    step: reconcile,
    next: nothing,
    expected: { jobs: 1, answers: [], held: 1 },
  },
  'the reconciler, of a job that ended unheard': {
    before: endedUnheard,
    step: reconcile,
    next: nothing,
    expected: { jobs: 1, answers: ['Completed'], held: 0 },
  },
  'the reconciler, of a job whose ARN was lost': {
    before: orphaned,
    step: reconcile,
    next: nothing,
    expected: { jobs: 1, answers: [], held: 1 },
  },
  'the reconciler, of a job that nobody waits for': {
    before: async (all) => {
      await submitted(all);
      all.tasks.abandon('first');
      await later(all);
    },
    step: reconcile,
    next: async (all) => {
      await reconcile(all);
      all.jobs.move(arn(all), 'Stopped');
    },
    expected: { jobs: 1, answers: [], held: 0, stopped: 1 },
  },
  'the reconciler, of a slot without a job': {
    before: async (all) => {
      await all.slots.acquire(run.model_id, 'jokes');
      await later(all);
    },
    step: reconcile,
    next: nothing,
    expected: { jobs: 0, answers: [], held: 0 },
  },
};

/** Far more calls than any of the steps makes. */
const MOST_CALLS = 30;

async function lived({ before, step, next }: Scenario, death: Death) {
  const all = world();
  await before(all);
  const { collaborators, life } = mortal(all, death);
  const outcome = await step(collaborators).then(
    () => 'done',
    () => 'failed',
  );
  expect({ death, outcome }).toEqual({ death, outcome: life.died ? 'failed' : 'done' });
  await next(all);
  // It runs on a schedule, whatever happens.
  await reconcile(all);
  return { all, died: life.died };
}

describe.each(Object.entries(scenarios))('%s', (_, scenario) => {
  test('killed at any call, is mended by what comes next', async () => {
    let [killed, survived] = [0, 0];
    for (const death of deaths(MOST_CALLS)) {
      const { all, died } = await lived(scenario, death);
      if (died) killed++;
      else survived++;
      const { jobs, answers, held, stopped = 0 } = scenario.expected;
      expect({
        death,
        jobs: all.jobs.created.length,
        answers: all.tasks.answers.map(({ output }) => (output as { status: string }).status),
        held: all.slots.names.length,
        stopped: all.jobs.stopped.length,
      }).toEqual({ death, jobs, answers, held, stopped });
    }
    // The last deaths come after the end.
    expect(killed).toBeGreaterThan(0);
    expect(survived).toBeGreaterThan(0);
  });
});
