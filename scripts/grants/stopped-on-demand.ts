import { setTimeout as delay } from 'node:timers/promises';
import { readAnswers } from '../../src/local/bedrock/answer-ledger.ts';
import { until } from '../faults/run-scenario.ts';
import { MODEL } from '../faults/scenarios.ts';
import type { GrantWorld } from './grant-world.ts';
import { csvOf, textOf } from './tables.ts';

const RUN = 'on-demand';
/** A function looks every ten seconds whether its execution goes on; functions go by real time. */
const LOOKED_MS = 13_000;
const WATCHED_MS = 4_000;

/** An execution that is stopped while its records are asked one by one: soon no more of them may be asked. */
export async function runStoppedOnDemand(world: GrantWorld): Promise<readonly string[]> {
  const texts = Array.from({ length: 60 }, (_, row) => textOf(row));
  const s3_uri = await world.account.put(`inputs/${RUN}.csv`, csvOf('topic', texts));
  const request = { s3_uri, job_name_prefix: RUN, model_id: MODEL, prompt_id: 'joke_about_topic' };
  const execution = await world.account.start(RUN, { ...request, max_on_demand_concurrency: 1 });
  const asked = () => readAnswers(world.directory).size;
  await until(async () => asked(), Boolean, world);
  await world.account.stop(execution);
  await delay(LOOKED_MS);
  const before = asked();
  await delay(WATCHED_MS);
  const more = asked() - before;
  return more === 0 ? [] : [`${more} records were asked long after the execution was stopped`];
}
