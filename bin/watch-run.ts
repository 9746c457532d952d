import { setTimeout as delay } from 'node:timers/promises';
import { connectJobProgress } from '../src/aws/bedrock-jobs.ts';
import type { ExecutionState, Executions } from '../src/aws/executions.ts';
import { messageOf } from '../src/batch/failure.ts';
import { BatchError, type ErrorKind, finalErrors } from '../src/errors.ts';
import type { ExecutionOutput } from '../src/steps/summarize.ts';
import { progressDisplay } from './progress.ts';

/** Follows an execution to its end. Ctrl-C stops it, so that nothing is left running. */
export async function watched(
  executions: Executions,
  executionArn: string,
  { job_name_prefix = '' }: { readonly job_name_prefix?: string | undefined },
  pollMs: number,
): Promise<ExecutionState> {
  const display = progressDisplay();
  const jobs = connectJobProgress();
  const started = new Date(Date.now() - 1000);
  const stop = () => void executions.stop(executionArn, 'Interrupted on the command line.');
  process.once('SIGINT', stop);
  try {
    for (;;) {
      const state = await executions.describe(executionArn);
      display.show({
        maps: await executions.mapProgress(executionArn),
        jobs: await jobs(`${job_name_prefix}-`, started),
      });
      if (state.status !== 'RUNNING') return state;
      await delay(pollMs);
    }
  } finally {
    process.off('SIGINT', stop);
    display.done();
  }
}

/** Ctrl-C: no failure, and no success either. */
export class Interrupted extends Error {}

/** @throws BatchError with one sentence on why the run failed; Interrupted */
export function outputOf({ status, output, error, cause }: ExecutionState, where = ''): ExecutionOutput {
  if (status === 'SUCCEEDED') return output as ExecutionOutput;
  if (status === 'ABORTED') throw new Interrupted('The run was stopped, and nothing of it is left running.');
  const message = messageOf(cause ?? 'no cause').replace(/\.$/, '');
  if (error !== undefined && finalErrors.includes(error) && error !== 'Internal')
    throw new BatchError(error as ErrorKind, `${message}.`);
  const sentence = `The execution ended as ${status}: ${error ?? 'no error'}: ${message}. ${where}`;
  throw new BatchError('Internal', sentence.trimEnd());
}

/** What a run came to, a sentence each. */
export function outcomeLines(output: ExecutionOutput): readonly string[] {
  const { statuses, rows, chunks, on_demand_records, duration_seconds, null_values, error_codes } = output;
  const jobs = `${chunks} ${chunks === 1 ? 'chunk' : 'chunks'}`;
  const outcomes = `${statuses.succeeded} succeeded, ${statuses.failed} failed, ${statuses.missing} missing`;
  const codes = Object.entries(error_codes).map(([code, count]) => `${count} × ${code}`);
  return [
    `${rows} rows in ${jobs}: ${outcomes} (${duration_seconds.toFixed(1)} s).`,
    ...(on_demand_records > 0 ? [`${on_demand_records} records were asked on demand.`] : []),
    ...(codes.length > 0
      ? [`Errors: ${codes.join(', ')}; the column error has the reason of each row.`]
      : []),
    ...(null_values > 0 ? [`${null_values} values in prompts were null, and rendered as nothing.`] : []),
    ...output.notes,
    `Tokens: ${output.input_tokens} in, ${output.output_tokens} out.`,
  ];
}
