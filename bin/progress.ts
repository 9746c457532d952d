import logUpdate from 'log-update';
import type { JobProgress } from '../src/aws/bedrock-jobs.ts';
import type { MapProgress } from '../src/aws/executions.ts';

export interface RunProgress {
  readonly maps: readonly MapProgress[];
  readonly jobs: readonly JobProgress[];
}

/** Shows a run as it goes: in place on a terminal, a line for each change elsewhere. */
export interface ProgressDisplay {
  show(progress: RunProgress): void;
  done(): void;
}

/** `chunks 1/3 · jobs 2 InProgress, 1 Completed · records 240/350`, with what is not known yet left out. */
export function progressLine({ maps, jobs }: RunProgress): string {
  const parts: string[] = [];
  const chunks = maps.find((map) => map.label === 'ProcessChunks');
  if (chunks !== undefined) parts.push(`chunks ${chunks.succeeded + chunks.failed}/${chunks.total}`);
  const statuses = new Map<string, number>();
  for (const { status } of jobs) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  if (jobs.length > 0)
    parts.push(`jobs ${[...statuses].map(([status, count]) => `${count} ${status}`).join(', ')}`);
  const total = sum(jobs.map((job) => job.total));
  if (total > 0) parts.push(`records ${sum(jobs.map((job) => job.processed))}/${total}`);
  if (maps.some((map) => map.label === 'AssembleOutput')) parts.push('joining the answers');
  return parts.length > 0 ? parts.join(' · ') : 'checking the request and the table';
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

export function progressDisplay(stream: NodeJS.WriteStream = process.stdout): ProgressDisplay {
  let last = '';
  return {
    show(progress) {
      const line = `  ${progressLine(progress)}`;
      if (line === last) return;
      last = line;
      if (stream.isTTY) logUpdate(line);
      else stream.write(`${line}\n`);
    },
    done() {
      if (stream.isTTY) logUpdate.done();
    },
  };
}
