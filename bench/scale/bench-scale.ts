import type { Measure } from '../measure.ts';
import type { Skipped } from '../processes.ts';
import type { Report } from '../report.ts';
import type { Reached } from '../targets.ts';

/** What a function of 512 MB would have. */
const MOST_MB = 512;
const FLAT = 1.25;
const LINEAR = 0.7;
const factors = [1, 10, 40] as const;
const steps = ['preprocess', 'prepareInput', 'postprocess text', 'assembleOutput CSV'];
/** The most that one job has: 410 MB of floats. */
const VECTOR_ROWS = 100_000;

/** The steps at growing sizes, and whether their memory grew. */
export async function benchScale(
  { rows, only }: { readonly rows: number; readonly only: string },
  run: (name: string, rows: number) => Promise<Measure | Skipped | undefined>,
  report: Report,
): Promise<void> {
  const measure = async (name: string, count: number) => {
    const found = await run(name, count);
    if (found === undefined || 'skipped' in found) throw new Error(`${name} measured nothing.`);
    report.add({ name: `${name}, ${count} rows`, storage: 'none', ...found });
    return found;
  };
  for (const name of steps.filter((step) => step.includes(only))) {
    const found: Measure[] = [];
    for (const factor of factors) found.push(await measure(name, rows * factor));
    report.addReached(judged(name, found));
  }
  if ('postprocess vectors'.includes(only)) {
    report.addReached(judged('postprocess vectors', [await measure('postprocess vectors', VECTOR_ROWS)]));
  }
  report.printTargets();
}

function judged(name: string, [once, tenfold, most]: readonly Measure[]): readonly Reached[] {
  if (once === undefined) return [];
  const peaks = [once, tenfold, most].map((found) => found?.peakMb ?? 0);
  const found = [atMost(name, 'peak MB', Math.max(...peaks), MOST_MB)];
  if (tenfold === undefined || most === undefined) return found;
  const rate = ({ rows, seconds }: Measure) => rows / seconds;
  const linear = rate(tenfold) / rate(once);
  return [
    ...found,
    atMost(name, 'peak at 40 × of that at 1 ×', most.peakMb / once.peakMb, FLAT),
    {
      name,
      against: 'rows/s at 10 × of those at 1 ×',
      target: `at least ${LINEAR}`,
      reached: linear,
      ok: linear >= LINEAR,
    },
  ];
}

function atMost(name: string, against: string, reached: number, most: number): Reached {
  return { name, against, target: `at most ${most}`, reached, ok: reached <= most };
}
