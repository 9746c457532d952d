import type { FaultPlan } from '../../src/local/faults/plan.ts';

export const MODEL = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';

/** What a user does, apart from what goes wrong. */
export interface Scenario {
  readonly name: string;
  readonly rows: number;
  /** Of the input; what is packed is unpacked and staged first. */
  readonly file: 'csv' | 'jsonl' | 'csv.gz';
  /** Keys of the execution's input besides the table, the model and the prompt. */
  readonly request: Readonly<Record<string, unknown>>;
  /** What makes the run take its way, before anything is made to go wrong. */
  readonly plan: FaultPlan;
  /** The user stops the execution while its jobs are being answered, and then collects the run, or redrives it. */
  readonly stopped?: 'collect' | 'redrive';
}

/** Each of them takes functions, states and calls that the others do not. */
export const scenarios = {
  jobs: {
    name: 'two jobs',
    rows: 240,
    file: 'csv',
    request: { max_records_per_job: 120 },
    plan: {},
  },
  retries: {
    name: 'three attempts, the last on demand',
    rows: 220,
    file: 'csv',
    request: {},
    plan: {
      records: [
        { chance: 0.6, errorCode: 503, times: 1 },
        { chance: 0.1, errorCode: 429, times: 2 },
      ],
    },
  },
  small: { name: 'a small table', rows: 7, file: 'csv', request: {}, plan: {} },
  deadline: {
    name: 'a deadline, a job that hangs',
    rows: 130,
    file: 'csv',
    request: { deadline_minutes: 3 },
    plan: { jobs: [{ at: 'InProgress', stuck: true, afterRecords: 90 }] },
  },
  unheard: {
    name: 'no event is heard',
    rows: 120,
    file: 'csv',
    request: {},
    plan: { events: [{ detailType: 'Batch Inference Job State Change', drop: true }] },
  },
  collected: {
    name: 'stopped and collected',
    rows: 240,
    file: 'csv',
    request: { max_records_per_job: 120 },
    plan: { jobs: [{ at: 'InProgress', stuck: true, afterRecords: 50 }] },
    stopped: 'collect',
  },
  redriven: {
    name: 'stopped and redriven',
    rows: 240,
    file: 'csv',
    request: { max_records_per_job: 120 },
    plan: { jobs: [{ jobName: '*-1', at: 'InProgress', stuck: true, afterRecords: 50 }] },
    stopped: 'redrive',
  },
  packed: {
    name: 'a packed table, written as JSON lines',
    rows: 110,
    file: 'csv.gz',
    request: { output_format: 'jsonl' },
    plan: {},
  },
  lines: { name: 'JSON lines', rows: 115, file: 'jsonl', request: {}, plan: {} },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;

/** The scenario's own plan and what is made to go wrong; of calls, jobs, records and events the latter comes first. */
export function joined(plan: FaultPlan, more: FaultPlan): FaultPlan {
  const both = <Key extends 'calls' | 'jobs' | 'records' | 'events'>(key: Key) => [
    ...(more[key] ?? []),
    ...(plan[key] ?? []),
  ];
  return {
    seed: more.seed ?? plan.seed ?? 1,
    calls: both('calls') as NonNullable<FaultPlan['calls']>,
    jobs: both('jobs') as NonNullable<FaultPlan['jobs']>,
    records: both('records') as NonNullable<FaultPlan['records']>,
    events: both('events') as NonNullable<FaultPlan['events']>,
  };
}
