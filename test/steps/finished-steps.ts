import type { PartReport, Run } from '../../src/batch/manifest.ts';
import type { Hub } from '../../src/data/hugging-face/split.ts';
import { type AssembleOutputInput, assembleOutput } from '../../src/steps/assemble-output.ts';
import type { ObjectStore } from '../../src/steps/collaborators.ts';
import {
  type PreprocessCollaborators,
  type PreprocessInput,
  preprocess,
} from '../../src/steps/preprocess.ts';

/** For runs that have nothing to do with it. */
export const noHub: Hub = {
  resolve: () => Promise.reject(new Error('This test has no Hub.')),
  read: () => {
    throw new Error('This test has no Hub.');
  },
};

/** Preprocess with all the time in the world, or what `change` says. */
export async function preprocessed(
  input: PreprocessInput,
  objects: ObjectStore,
  change: Partial<PreprocessCollaborators> = {},
): Promise<Run> {
  const defaults = { maxRecordsPerJob: 1000 };
  const collaborators = { objects, hub: noHub, defaults, timeLeft: () => Infinity, ...change };
  for (;;) {
    const run = await preprocess(input, collaborators);
    if (!('unfinished' in run)) return run;
  }
}

/** AssembleOutput, asked again until it is finished. */
export async function assembled(
  input: AssembleOutputInput,
  objects: ObjectStore,
  timeLeft: () => number = () => Infinity,
): Promise<PartReport> {
  for (;;) {
    const report = await assembleOutput(input, { objects, timeLeft });
    if (!('unfinished' in report)) return report;
  }
}

/** Time for so many looks at the clock, again and again: the least that a function gets done before it must stop. */
export function shortTimes(looks: number): () => number {
  let left = looks;
  return () => {
    if (left-- > 0) return Infinity;
    left = looks;
    return 0;
  };
}
