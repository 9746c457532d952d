import type { Measure } from './measure.ts';

/** A ratio that is to be reached on any machine, for both sides are measured in one run. */
export interface Target {
  readonly name: string;
  /** Cases, of which the times add up. */
  readonly ours: readonly string[];
  readonly peers: readonly string[];
  /** How many times as fast as the peers. */
  readonly atLeast?: number;
  /** Our time as a share of theirs. */
  readonly atMost?: number;
}

const prepareShort = ['prepareInput CSV, short text'];
const prepareLong = ['prepareInput CSV, long text'];
const prepareParquet = ['prepareInput Parquet, short text'];
const joinCsv = ['postprocess long text', 'assembleOutput long text, CSV'];
const joinParquet = ['postprocess long text', 'assembleOutput long text, Parquet'];
const joinVectors = ['postprocess vectors', 'assembleOutput vectors, Parquet'];

/** Node 20's `JSON.stringify` is slower than that of its successors. */
const stringifyShare = (nodeMajor: number) => (nodeMajor < 22 ? 0.6 : 0.85);

export function targets(nodeMajor: number): readonly Target[] {
  return [
    faster('CSV in', prepareShort, 'prepare CSV, short text: pandas', 25),
    faster('CSV in', prepareShort, 'prepare CSV, short text: DuckDB COPY', 2),
    share('CSV in', prepareShort, ['JSON.stringify of ready objects, in memory'], stringifyShare(nodeMajor)),
    faster('CSV in, long text', prepareLong, 'prepare CSV, long text: pandas', 10),
    faster('CSV in, long text', prepareLong, 'prepare CSV, long text: DuckDB COPY', 1.8),
    faster('Parquet in', prepareParquet, 'prepare Parquet, short text: parquet-wasm', 2.5),
    faster('Parquet in', prepareParquet, 'prepare Parquet, short text: DuckDB COPY', 2.5),
    faster('text out, CSV', joinCsv, 'join long text, CSV: pandas', 4),
    faster('text out, CSV', joinCsv, 'join long text, CSV: Map and readline', 3.5),
    share(
      'text out, Parquet',
      joinParquet,
      ['join long text: extracting alone', 'join long text: compressing alone'],
      1.4,
    ),
    faster('vectors out', joinVectors, 'join vectors: pandas, nothing written', 4),
    share('vectors out', joinVectors, ['join vectors: extracting alone'], 1.35),
  ];
}

function faster(name: string, ours: readonly string[], peer: string, atLeast: number): Target {
  return { name, ours, peers: [peer], atLeast };
}

function share(name: string, ours: readonly string[], peers: readonly string[], atMost: number): Target {
  return { name, ours, peers, atMost };
}

export interface Reached {
  readonly name: string;
  readonly against: string;
  readonly target: string;
  readonly reached: number;
  /** The same in processor time, which a machine that does other work as well leaves alone. */
  readonly byProcessorTime?: number;
  readonly ok: boolean;
}

/** Targets of which every case was measured. */
export function reachedTargets(
  measures: ReadonlyMap<string, Measure>,
  wanted: readonly Target[],
): readonly Reached[] {
  const ratioOf = ({ ours, peers, atMost }: Target, field: 'seconds' | 'cpuSeconds') => {
    const sum = (cases: readonly string[]) =>
      cases.reduce((all, name) => all + (measures.get(name)?.[field] ?? Number.NaN), 0);
    return atMost === undefined ? sum(peers) / sum(ours) : sum(ours) / sum(peers);
  };
  return wanted.flatMap((target) => {
    const { name, peers, atLeast, atMost } = target;
    const reached = ratioOf(target, 'seconds');
    if (Number.isNaN(reached)) return [];
    const ok = reached >= (atLeast ?? 0) && reached <= (atMost ?? Number.POSITIVE_INFINITY);
    const aim = atMost === undefined ? `${atLeast} × as fast` : `${atMost} × its time`;
    const byProcessorTime = ratioOf(target, 'cpuSeconds');
    return [{ name, against: peers.join(' + '), target: aim, reached, byProcessorTime, ok }];
  });
}
