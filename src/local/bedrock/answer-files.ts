import { type JobFault, recordsBefore } from '../faults/job-faults.ts';
import { listInput, readRecords } from './job-input.ts';
import { outputFolder, writeManifest, writeRecords } from './job-output.ts';
import { halted, type JobRun } from './job-run.ts';
import { seededRandom, shuffled } from './random.ts';
import { answerRecords, isOver, type RecordRun } from './run-records.ts';
import { below } from './s3-location.ts';

/**
 * One output file for each input file, then the manifest; also when a stop or a fault ends it early. Returns whether the
 * job ran out of time.
 */
export async function answerFiles(run: JobRun, fault: JobFault | undefined): Promise<boolean> {
  const { job, s3, stop, halt, options } = run;
  const { closing, ledger } = options;
  const records = recordRun(run, fault);
  const folder = outputFolder(job);
  const input = job.request.inputDataConfig.s3InputDataConfig.s3Uri;
  for (const file of await listInput(s3, input, closing)) {
    if (isOver(records)) break;
    const answered = answerRecords(records, readRecords(s3, file, closing));
    const shuffledRecords = shuffled(answered, records.random);
    await writeRecords(s3, below(folder, `${file.name}.out`), job, shuffledRecords);
  }
  if (fault?.stuck) await untilStopped(stop, halt);
  await writeManifest(s3, folder, job, records.tokens);
  // Once the output is whole: of what a kill takes back nothing was answered.
  ledger?.addJob(job.id, records.answered);
  return records.timedOut;
}

function recordRun(run: JobRun, fault: JobFault | undefined): RecordRun {
  const { job, options } = run;
  return {
    run,
    random: seededRandom(`${options.seed}:${job.sequence}`),
    limit: fault === undefined ? Number.POSITIVE_INFINITY : recordsBefore(fault, job.validatedRecords),
    tokens: { input: 0, output: 0 },
    answered: new Set(),
    met: 0,
    timedOut: false,
  };
}

/** @throws Error that the service is closing */
async function untilStopped(stop: AbortSignal, halt: AbortSignal): Promise<void> {
  await halted(halt).catch((error: unknown) => {
    if (!stop.aborted) throw error;
  });
}
