import type { FaultPlan } from '../../src/local/faults/plan.ts';
import { until } from '../faults/run-scenario.ts';
import { startRun } from './broken-off.ts';
import type { GrantWorld } from './grant-world.ts';

const JOBS = 'Batch Inference Job State Change';
/** Every event that one of the stack's rules hears. */
const KINDS = [JOBS, 'Step Functions Execution Status Change', 'Scheduled Event'];

/**
 * An execution whose job hangs and which is stopped, while nobody can handle an event: each kind of event must be among the dead
 * letters. Sentences on those that are not.
 */
export async function runUnhandled(plan: FaultPlan, world: GrantWorld): Promise<readonly string[]> {
  await world.setFaults({ ...plan, jobs: [{ at: 'InProgress', stuck: true }] });
  const execution = await startRun(world);
  const letters: string[] = [];
  const missing = async () => {
    letters.push(...(await world.letters()));
    return KINDS.filter((kind) => !letters.some((letter) => letter.includes(`"${kind}"`)));
  };
  await until(missing, (kinds) => !kinds.includes(JOBS), world);
  await world.account.stop(execution);
  const never = await until(missing, (kinds) => kinds.length === 0, world);
  return never.map((kind) => `no letter tells of an event "${kind}"`);
}
