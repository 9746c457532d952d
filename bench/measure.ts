import { existsSync, readFileSync } from 'node:fs';

/** What a rate is about. */
export interface Work {
  readonly rows: number;
  /** Bytes of the table, or of Bedrock's output. */
  readonly bytes: number;
}

/** Measures the part of a case that counts; what comes before it is preparation. */
export type Timed = (work: Work, run: () => Promise<unknown>) => Promise<void>;

/** What a process of its own tells of itself. */
export interface MeasuredElsewhere {
  readonly peakMb: number;
  readonly cpuSeconds: number;
}

export interface Measure extends Work {
  readonly seconds: number;
  /** Of all threads; on a machine that does other work as well, it says more than the time. */
  readonly cpuSeconds: number;
  /** The most memory that the process had resident, preparation included. */
  readonly peakMb: number;
}

export async function measured(work: Work, run: () => Promise<unknown>): Promise<Measure> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const result = await run();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const own = { cpuSeconds: (user + system) / 1e6, peakMb: peakMb() };
  return { ...work, seconds, ...(isElsewhere(result) ? result : own) };
}

function isElsewhere(result: unknown): result is MeasuredElsewhere {
  return typeof result === 'object' && result !== null && 'peakMb' in result;
}

/** What `maxRSS` tells may be the memory of the process that started this one, so Linux is asked itself. */
export function peakMb(): number {
  const status = '/proc/self/status';
  const found = existsSync(status) ? /VmHWM:\s+(\d+) kB/.exec(readFileSync(status, 'utf8')) : null;
  const kilobytes = found === null ? process.resourceUsage().maxRSS : Number(found[1]);
  return kilobytes / 1024;
}
