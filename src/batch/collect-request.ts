import { BatchError, refusal } from '../errors.ts';
import type { RunName } from './keys.ts';
import { jobNamePrefixPattern, runIdPattern } from './names.ts';

const KEY = 'collect_run';

/**
 * `{"collect_run": …, "job_name_prefix": …}`: an execution that joins what another one, which was stopped, had paid for. Undefined for
 * an input that asks for a new run.
 * @throws BatchError InvalidInput
 */
export function parseCollectRequest(input: unknown): RunName | undefined {
  if (typeof input !== 'object' || input === null || !Object.hasOwn(input, KEY)) return undefined;
  const { [KEY]: run_id, job_name_prefix, ...others } = input as Readonly<Record<string, unknown>>;
  const [other] = Object.keys(others);
  if (other !== undefined) {
    const sentence = `Cannot collect the run: beside ${KEY} there is only job_name_prefix, got ${other}.`;
    throw new BatchError('InvalidInput', sentence);
  }
  if (typeof run_id !== 'string' || !runIdPattern.test(run_id)) {
    throw refusal('collect the run', KEY, "be the name of the run's execution", run_id);
  }
  if (typeof job_name_prefix !== 'string' || !jobNamePrefixPattern.test(job_name_prefix)) {
    throw refusal('collect the run', 'job_name_prefix', "be that of the run's own input", job_name_prefix);
  }
  return { run_id, job_name_prefix };
}
