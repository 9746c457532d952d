import { readFile, writeFile } from 'node:fs/promises';
import type { GrantCase } from './report.ts';

const PATH = 'test/cases/grants.json';

type Cases = Readonly<Record<string, GrantCase>>;

/** Writes what is known of grants, beside what the file has and is to keep. */
export async function writeCases(cases: Cases, isKept: (id: string) => boolean): Promise<void> {
  const before = JSON.parse(await readFile(PATH, 'utf8')) as Cases;
  const kept = Object.entries(before).filter(([id]) => isKept(id));
  const all = [...kept.filter(([id]) => !(id in cases)), ...Object.entries(cases)];
  const sorted = all.sort(([a], [b]) => (a < b ? -1 : 1));
  await writeFile(PATH, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}
