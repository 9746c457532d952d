import { Readable } from 'node:stream';
import { assembleOutput } from '../../src/steps/assemble-output.ts';
import { postprocess } from '../../src/steps/postprocess.ts';
import { prepareInput } from '../../src/steps/prepare-input.ts';
import { preprocess } from '../../src/steps/preprocess.ts';
import type { Timed } from '../measure.ts';
import { claudeModel } from '../models.ts';
import { generatedBytes } from './generated-lines.ts';
import { GeneratedStore } from './generated-store.ts';
import { type Answers, output, runName, scaleRun, table, tableKey } from './scale-data.ts';

export type ScaleCase = (rows: number, timed: Timed) => Promise<void>;

/** Each step over a whole run, one invocation after another in one process, as a warm function has them. */
export const scaleCases: Readonly<Record<string, ScaleCase>> = {
  async preprocess(rows, timed) {
    const { objects } = scaled(rows, 'text');
    const input = {
      run_id: runName.run_id,
      execution_arn: 'bench',
      started_at: '2026-01-01T00:00:00.000Z',
      request: {
        s3_uri: `s3://bench/${tableKey}`,
        job_name_prefix: runName.job_name_prefix,
        model_id: claudeModel,
        prompt_id: 'question_answering',
      },
    };
    const defaults = { maxRecordsPerJob: 100_000 };
    await timed(tableWork(rows), () =>
      preprocess(input, { objects, hub: noHub, defaults, timeLeft: noLimit }),
    );
  },

  async prepareInput(rows, timed) {
    const { run, chunks, objects } = scaled(rows, 'text');
    await timed(tableWork(rows), async () => {
      for (const chunk of chunks) await prepareInput({ run, chunk, attempt: 1 }, { objects });
    });
  },

  'postprocess text': (rows, timed) => postprocessed(rows, 'text', timed),
  'postprocess vectors': (rows, timed) => postprocessed(rows, 'vectors', timed),

  async 'assembleOutput CSV'(rows, timed) {
    const { run, part, objects } = scaled(rows, 'text');
    await timed(tableWork(rows), () => assembleOutput({ run, part }, { objects, timeLeft: noLimit }));
  },
};

function scaled(rows: number, answers: Answers) {
  const all = scaleRun(rows, answers);
  return { ...all, objects: new GeneratedStore(all, answers) };
}

const tableWork = (rows: number) => ({ rows, bytes: generatedBytes(table(rows)) });
const noLimit = () => Number.POSITIVE_INFINITY;
const noHub = {
  resolve: () => Promise.reject(new Error('The bench reads no hub.')),
  read: () => Readable.from([]),
};

async function postprocessed(rows: number, answers: Answers, timed: Timed): Promise<void> {
  const { run, chunks, objects } = scaled(rows, answers);
  const job = { status: 'Completed', job_arn: 'arn/job' };
  await timed({ rows, bytes: generatedBytes(output(answers, 0, rows)) }, async () => {
    for (const chunk of chunks) {
      const prepared = {
        input_uri: '',
        output_uri: '',
        records: chunk.row_count,
        null_values: 0,
        way: 'batch' as const,
      };
      const report = await postprocess({ run, chunk, attempt: 1, earlier: [], prepared, job }, { objects });
      if ('retry' in report || report.discrepancies.length > 0) throw new Error(JSON.stringify(report));
    }
  });
}
