import type { FaultPlan } from '../../src/local/faults/plan.ts';
import type { Summary } from '../../src/steps/summarize.ts';
import { ended, settled, until } from '../faults/run-scenario.ts';
import { MODEL } from '../faults/scenarios.ts';
import type { GrantWorld } from './grant-world.ts';
import { csvOf, textOf } from './tables.ts';

const RUN = 'broken';

/** When the user presses Stop, and what comes then. */
export type Moment =
  /** Before the job is in the ledger. */
  | 'entering, then collected'
  | 'submitting'
  | 'answering'
  | 'answering, then collected'
  /** So long ago that the reconciler loses its patience. */
  | 'answering, hours ago';

/** An execution of one job that ends only when it is stopped. Sentences on what was left behind. */
export async function runBrokenOff(
  moment: Moment,
  { calls = [], events = [] }: FaultPlan,
  world: GrantWorld,
): Promise<readonly string[]> {
  const jobs = [{ at: 'InProgress', stuck: true, afterRecords: 50 }] as const;
  await world.setFaults({ calls, events, jobs });
  const entering = moment === 'entering, then collected';
  const isCalled = called(world, entering ? 'PutItem' : 'CreateModelInvocationJob');
  const execution = await startRun(world);
  if (entering || moment === 'submitting') await until(async () => isCalled(), Boolean, world);
  else {
    await until(
      () => world.account.jobs(`${RUN}-`),
      (seen) => seen.some(({ processed }) => processed > 0),
      world,
    );
  }
  await world.account.stop(execution);
  if (entering) return neverSubmitted(world);
  if (moment === 'answering, hours ago') await world.account.ageSlots(7_200_000);
  const wrong = moment === 'answering, then collected' ? await collected(world) : [];
  await settled(RUN, world);
  return [...wrong, ...(await leftOver(world))];
}

/** Whether a function has made the call by now. */
function called(world: GrantWorld, operation: string): () => boolean {
  let seen = false;
  world.tellCalls((call) => {
    seen ||= call.operation === operation;
  });
  return () => seen;
}

export async function startRun({ account }: GrantWorld): Promise<string> {
  const texts = Array.from({ length: 120 }, (_, row) => textOf(row));
  const s3_uri = await account.put(`inputs/${RUN}.csv`, csvOf('topic', texts));
  const request = { s3_uri, job_name_prefix: RUN, model_id: MODEL, prompt_id: 'joke_about_topic' };
  return account.start(RUN, request);
}

async function collected(world: GrantWorld): Promise<readonly string[]> {
  const { status, error, cause } = await collect(world);
  return status === 'SUCCEEDED' ? [] : [`the run was not collected: ${status} (${error}: ${cause})`];
}

async function collect(world: GrantWorld) {
  const request = { collect_run: RUN, job_name_prefix: RUN };
  return ended(await world.account.start(`${RUN}-collect`, request), world);
}

/** There is nothing to collect, and the summary says why. */
async function neverSubmitted(world: GrantWorld): Promise<readonly string[]> {
  const { status, error } = await collect(world);
  const { bucket } = world.account;
  const text = await world.account.get(`s3://${bucket}/runs/${RUN}/${RUN}/summary.json`);
  const { attempts } = JSON.parse(text) as Summary;
  const statuses = attempts.map((attempt) => attempt.status).join();
  return [
    ...(error === 'NoRowSucceeded' ? [] : [`a run without an answer ended as ${status} (${error})`]),
    ...(statuses === 'NotSubmitted' ? [] : [`the job that was never submitted is said to be ${statuses}`]),
  ];
}

async function leftOver({ account }: GrantWorld): Promise<readonly string[]> {
  const jobs = await account.jobs(`${RUN}-`);
  const holders = await account.slotHolders();
  return [
    ...(jobs.length === 1 ? [] : [`${jobs.length} jobs were submitted in place of one`]),
    ...jobs.flatMap(({ status }) => (status === 'Stopped' ? [] : [`the job is ${status}`])),
    ...holders.map((name) => `the job ${name} holds a slot`),
  ];
}
