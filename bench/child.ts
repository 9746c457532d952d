import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectObjectStore } from '../src/aws/object-store.ts';
import type { BenchData } from './data.ts';
import { fileStore } from './file-store.ts';
import type { Timed } from './measure.ts';
import { linkedFiles, ourCases, runOurs } from './our-cases.ts';
import { NotInstalled, peerCases } from './peer-cases.ts';

/** One case in a process of its own, so that its memory is its own; prints its measure as JSON. */
async function main(name: string, data: BenchData, storage: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const timed: Timed = async (work, run) => {
    const start = performance.now();
    await run();
    const seconds = (performance.now() - start) / 1000;
    console.log(JSON.stringify({ ...work, seconds, peakMb: process.resourceUsage().maxRSS / 1024 }));
  };
  try {
    const ours = ourCases[name];
    if (ours === undefined) return await peerCases[name]?.(data, folder, timed);
    const objects =
      storage === 'files' ? await fileStore(folder, linkedFiles(data, ours)) : connectObjectStore('bench');
    await runOurs(ours, data, objects, timed);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [, , name = '', data = '{}', storage = 'files'] = process.argv;
main(name, JSON.parse(data) as BenchData, storage).catch((error: unknown) => {
  if (error instanceof NotInstalled) return console.log(JSON.stringify({ skipped: error.message }));
  console.error(error);
  process.exitCode = 1;
});
