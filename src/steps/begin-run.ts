import { parseCollectRequest } from '../batch/collect-request.ts';
import { type RunName, runKeys } from '../batch/keys.ts';
import type { Execution, Run } from '../batch/manifest.ts';
import { BatchError, refusal } from '../errors.ts';
import type { ExecutionReader, ObjectStore } from './collaborators.ts';
import { type PreprocessCollaborators, type PreprocessInput, preprocess } from './preprocess.ts';
import { readJson } from './read-json.ts';
import type { Unfinished } from './unfinished.ts';

export interface CollectRunCollaborators {
  readonly objects: ObjectStore;
  readonly executions: Pick<ExecutionReader, 'statusOf'>;
}

/** A new run, or the one that an earlier execution began and that is to be collected: whichever the input asks for. */
export async function beginRun(
  input: PreprocessInput,
  collaborators: PreprocessCollaborators & CollectRunCollaborators,
): Promise<Run | Unfinished> {
  const former = parseCollectRequest(input.request);
  return former === undefined ? preprocess(input, collaborators) : collectRun(former, input, collaborators);
}

/**
 * The run that an earlier execution began, for this one to end: its jobs are stopped where they still run, nothing is submitted, and
 * what they finished is joined under the names of that run.
 * @throws BatchError NotFound; InvalidInput for a run that is not over, or had not come to its jobs
 */
export async function collectRun(
  name: RunName,
  { execution_arn, started_at }: Execution,
  { objects, executions }: CollectRunCollaborators,
): Promise<Run> {
  if (!(await objects.exists(runKeys.run(name)))) {
    const what = `no execution named ${name.run_id} began a run of ${name.job_name_prefix}`;
    throw new BatchError(
      'NotFound',
      `Cannot collect the run: ${what}, or it ended before its jobs were planned.`,
    );
  }
  const run = (await readJson(objects, runKeys.run(name))) as Run;
  if ((await executions.statusOf(run.execution_arn)) === 'RUNNING') {
    throw refusal(
      'collect the run',
      'its execution',
      'have ended (bedrock-batch cancel stops it)',
      'RUNNING',
    );
  }
  // The last that Preprocess writes.
  if (!(await objects.exists(run.parts_key))) {
    throw refusal('collect the run', 'it', 'have come to its jobs', 'a run that ended before');
  }
  const note = 'Collected after its execution had ended: rows that nothing had answered by then are missing.';
  return { ...run, collected: { execution_arn, started_at }, notes: [...run.notes, note] };
}
