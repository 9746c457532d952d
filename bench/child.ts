import { readFileSync, writeFileSync } from 'node:fs';
import type { ObjectStore } from '../src/steps/collaborators.ts';
import type { BenchData } from './data.ts';
import { fileStore } from './file-store.ts';
import { measured, type Timed } from './measure.ts';
import { linkedFiles, measureOurs, ourCases, type Prepared, prepareOurs } from './our-cases.ts';
import { NotInstalled } from './peers/python.ts';

/** What one process does, so that its memory is its own. */
export type Task =
  | {
      readonly kind: 'prepare' | 'ours';
      readonly name: string;
      readonly data: BenchData;
      readonly storage: 'files' | 'S3';
      /** The bucket, where files are one. */
      readonly folder: string;
      /** What was prepared, as JSON. */
      readonly prepared: string;
    }
  | { readonly kind: 'peer'; readonly name: string; readonly data: BenchData; readonly folder: string }
  | { readonly kind: 'scale'; readonly name: string; readonly rows: number };

/** Prints a measure, or why there is none, as its last line. */
async function main(task: Task): Promise<void> {
  const timed: Timed = async (work, run) => console.log(JSON.stringify(await measured(work, run)));
  if (task.kind === 'peer') {
    const { peerCases } = await import('./peers/peer-cases.ts');
    return peerCases[task.name]?.(task.data, task.folder, timed);
  }
  if (task.kind === 'scale') {
    const { scaleCases } = await import('./scale/scale-cases.ts');
    return scaleCases[task.name]?.(task.rows, timed);
  }
  const { name, data, storage, folder, prepared } = task;
  const test = ourCases[name];
  if (test === undefined) throw new Error(`There is no case ${name}.`);
  const objects = storage === 'files' ? fileStore(folder, linkedFiles(data, test)) : await connectedStore();
  if (task.kind === 'prepare') {
    writeFileSync(prepared, JSON.stringify(await prepareOurs(test, data, objects)));
  } else {
    await measureOurs(test, data, JSON.parse(readFileSync(prepared, 'utf8')) as Prepared, objects, timed);
  }
}

async function connectedStore(): Promise<ObjectStore> {
  const { connectObjectStore } = await import('../src/aws/object-store.ts');
  return connectObjectStore('bench');
}

main(JSON.parse(process.argv[2] ?? '') as Task).catch((error: unknown) => {
  if (error instanceof NotInstalled) return console.log(JSON.stringify({ skipped: error.message }));
  console.error(error);
  process.exitCode = 1;
});
