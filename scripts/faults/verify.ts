import Papa from 'papaparse';
import type { Answered } from '../../src/local/bedrock/answer-ledger.ts';
import { contentHash } from '../../src/local/faults/record-faults.ts';
import type { ExecutionOutput, Summary } from '../../src/steps/summarize.ts';
import type { Account } from './account.ts';
import type { Expected } from './cases.ts';

/** What a run left behind. */
export interface Evidence {
  readonly account: Account;
  readonly runId: string;
  readonly prefix: string;
  /** Of each row, in order. */
  readonly topics: readonly string[];
  readonly status: string;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
  readonly output?: string | undefined;
  readonly expected: Expected;
  /** How often each content was answered. */
  readonly answers: ReadonlyMap<string, Answered>;
  /** A function that asks on demand may have been killed: up to so many records may have been asked again. */
  readonly mayRepeat: number;
}

/** What a case is counted for. */
export interface Verdict {
  /** Sentences on what must not be; a good run has none. */
  readonly wrong: readonly string[];
  /** Rows that are not in the result, or whose answer was paid for and is not. */
  readonly losses: number;
  /** Records that were sent again, to a job or on demand, though a job had answered them. */
  readonly doubled: number;
  /** Records that were asked again on demand after a kill: on demand nothing is idempotent. */
  readonly repeated: number;
}

interface ResultRow {
  readonly id: string;
  readonly topic: string;
  readonly response: string;
  readonly record_id: string;
  readonly status: string;
  readonly error: string;
}

/** Reads everything that a run left, and holds it against what must be so whatever went wrong. */
export async function verdictOn(evidence: Evidence): Promise<Verdict> {
  const summary = await summaryOf(evidence);
  const rows = summary === undefined ? [] : await resultRows(evidence, summary);
  const answered = await answeredRows(evidence);
  const wrong = [
    ...wrongEnd(evidence, summary),
    ...wrongRows(evidence, rows, summary),
    ...(await leftRunning(evidence)),
  ];
  const paid = [...answered].filter(([, { jobs, onDemand }]) => jobs + onDemand > 0);
  const lost = paid.filter(([row]) => rows[row]?.status !== 'succeeded').map(([row]) => row);
  if (lost.length > 0) wrong.push(`rows ${lost.slice(0, 5)} … were paid for and have no answer`);
  const sum = (of: (times: Answered) => number) => paid.reduce((total, [, times]) => total + of(times), 0);
  const repeated = sum(({ onDemand }) => Math.max(0, onDemand - 1));
  const doubled = sum(({ jobs, onDemand }) => Math.max(0, jobs + Math.min(1, onDemand) - 1));
  if (doubled > 0) wrong.push(`${doubled} records were sent again though they had an answer`);
  if (repeated > evidence.mayRepeat) wrong.push(`${repeated} records were asked again on demand`);
  const absent = Math.max(0, evidence.topics.length - rows.length);
  return { wrong, losses: absent + lost.length, doubled, repeated };
}

async function summaryOf({ account, prefix, runId }: Evidence): Promise<Summary | undefined> {
  const [uri] = await account.urisBelow(`runs/${prefix}/${runId}/summary.json`);
  return uri === undefined ? undefined : (JSON.parse(await account.get(uri)) as Summary);
}

function wrongEnd(
  { status, error, cause, expected, output }: Evidence,
  summary: Summary | undefined,
): string[] {
  if (summary === undefined) return [`the run ended as ${status} (${error}: ${cause}) without a summary`];
  if (expected === 'none') {
    return status === 'FAILED' && error === 'NoRowSucceeded'
      ? []
      : [`a run without an answer ended as ${status}`];
  }
  if (status !== 'SUCCEEDED') return [`the run ended as ${status} (${error}: ${cause})`];
  const told = JSON.parse(output ?? '{}') as ExecutionOutput;
  const same = JSON.stringify(told.statuses) === JSON.stringify(summary.statuses);
  return same ? [] : ["the execution's output and summary.json disagree"];
}

async function resultRows({ account }: Evidence, { output_uris }: Summary): Promise<readonly ResultRow[]> {
  const rows: ResultRow[] = [];
  for (const uri of output_uris) rows.push(...parsed(uri, await account.get(uri)));
  return rows;
}

function parsed(uri: string, text: string): readonly ResultRow[] {
  if (uri.endsWith('.csv')) {
    return Papa.parse<ResultRow>(text, { header: true, skipEmptyLines: true }).data;
  }
  const lines = text.trimEnd().split('\n');
  return lines.map((line) => {
    const { id, error, response, ...row } = JSON.parse(line) as ResultRow;
    return { ...row, id: String(id), error: error ?? '', response: response ?? '' };
  });
}

function wrongRows({ topics, expected }: Evidence, rows: readonly ResultRow[], summary?: Summary): string[] {
  const wrong: string[] = [];
  if (rows.length !== topics.length) wrong.push(`${topics.length} rows went in and ${rows.length} came out`);
  const statuses = { succeeded: 0, failed: 0, missing: 0 };
  for (const [i, row] of rows.entries()) {
    const { status } = row;
    if (status === 'succeeded' || status === 'failed' || status === 'missing') statuses[status]++;
    else wrong.push(`row ${i} has the status ${status}`);
    if (row.topic !== topics[i] || row.id !== String(i)) wrong.push(`row ${i} is another one: ${row.topic}`);
    if (row.record_id !== `R${String(i).padStart(10, '0')}`)
      wrong.push(`row ${i} has the id ${row.record_id}`);
    // The simulated answer repeats its prompt, which ends with the topic.
    if (status === 'succeeded' && !row.response.includes(`${row.topic}`))
      wrong.push(`row ${i} has the answer of another`);
    if ((status === 'succeeded') !== (row.error === ''))
      wrong.push(`row ${i} is ${status} with the error ${row.error}`);
  }
  if (summary !== undefined && JSON.stringify(summary.statuses) !== JSON.stringify(statuses)) {
    wrong.push(
      `the summary counts ${JSON.stringify(summary.statuses)}, the table has ${JSON.stringify(statuses)}`,
    );
  }
  if (expected === 'all' && statuses.succeeded !== topics.length) {
    const other = rows.find(({ status }) => status !== 'succeeded');
    wrong.push(`only ${statuses.succeeded} of ${topics.length} rows succeeded: ${other?.error}`);
  }
  if (expected === 'some' && (statuses.failed + statuses.missing === 0 || statuses.succeeded === 0)) {
    wrong.push(`some rows should have failed: ${JSON.stringify(statuses)}`);
  }
  if (expected === 'none' && statuses.succeeded > 0) wrong.push(`${statuses.succeeded} rows succeeded`);
  return wrong.length > 5 ? [...wrong.slice(0, 5), `and ${wrong.length - 5} more`] : wrong;
}

const never: Answered = { jobs: 0, onDemand: 0 };

/** How often each row's record was answered, of those that were ever sent. */
async function answeredRows({ account, prefix, runId, answers }: Evidence): Promise<Map<number, Answered>> {
  const times = new Map<number, Answered>();
  for (const uri of await account.urisBelow(`batch_inputs_json/${prefix}/${runId}/`)) {
    for (const line of (await account.get(uri)).trimEnd().split('\n')) {
      const { recordId, modelInput } = JSON.parse(line) as { recordId: string; modelInput: unknown };
      times.set(Number(recordId.slice(1)), answers.get(contentHash(modelInput)) ?? never);
    }
  }
  return times;
}

const TERMINAL = ['Completed', 'PartiallyCompleted', 'Failed', 'Stopped', 'Expired'];

async function leftRunning({ account, prefix }: Evidence): Promise<string[]> {
  const jobs = await account.jobs(`${prefix}-`);
  const running = jobs.filter(({ status }) => !TERMINAL.includes(status));
  const names = new Set(jobs.map(({ name }) => name));
  const holders = (await account.slotHolders()).filter((name) => name.startsWith(`${prefix}-`));
  return [
    ...running.map(({ name, status }) => `the job ${name} is still ${status}`),
    ...(names.size < jobs.length ? [`${jobs.length} jobs were submitted for ${names.size} attempts`] : []),
    ...holders.map((name) => `the job ${name} holds a slot`),
  ];
}
