import type { CallFault } from '../../src/local/faults/call-faults.ts';
import type { FaultPlan } from '../../src/local/faults/plan.ts';
import type { LocalAwsOptions } from '../../src/local/local-aws.ts';
import { expectedOf } from '../faults/campaign.ts';
import { runScenario, type ScenarioRun } from '../faults/run-scenario.ts';
import type { ScenarioName } from '../faults/scenarios.ts';
import { type Moment, runBrokenOff } from './broken-off.ts';
import { gatedHub, runGated, secrets } from './gated.ts';
import type { GrantWorld } from './grant-world.ts';
import { runUnhandled } from './letters.ts';
import { runStoppedOnDemand } from './stopped-on-demand.ts';
import { outOfTime, type Surroundings } from './surroundings.ts';
import { runTable, type TableWay } from './tables.ts';

/** One run that makes use of grants. */
export interface Way {
  /** Sentences on what went wrong. */
  readonly run: (world: GrantWorld) => Promise<readonly string[]>;
  /** Grants that the template has not, besides the one that is taken away. */
  readonly lacking?: RegExp;
  readonly options?: Partial<LocalAwsOptions>;
  /** What has to be there before the stack; it may change the stack's template. */
  readonly around?: () => Promise<Surroundings>;
  /** Grants that it is there for, since others survive without them. */
  readonly about?: RegExp;
  /** How it goes depends on how fast the machine is: others are preferred to it. */
  readonly timed?: true;
  /** It ends only when the reconciler has come by, who comes by others by chance. */
  readonly reconciled?: true;
  /** It is about letters in the dead-letter queue; after any other way there must be none. */
  readonly leavesLetters?: true;
}

const EVENTS = 'Batch Inference Job State Change';
const ENDS = 'Step Functions Execution Status Change';

function scenario(name: ScenarioName, plan: FaultPlan = {}, mayRepeat = 0): Way {
  const expected = expectedOf(name);
  const run: ScenarioRun = { scenario: name, plan, expected, prefix: 'way', mayRepeat };
  return { run: async (world) => (await runScenario(run, world)).wrong };
}

/** Its jobs take long, and none of them may be stopped. */
function undisturbed(name: ScenarioName, plan: FaultPlan): Way {
  const { run } = scenario(name, plan);
  return {
    options: { jobs: { stepMs: 100_000, recordAnswers: true } },
    run: async (world) => {
      const wrong = await run(world);
      const disturbed = (await world.account.jobs('way-')).filter(({ status }) => status !== 'Completed');
      return [...wrong, ...disturbed.map((job) => `the job ${job.name} ended as ${job.status}`)];
    },
  };
}

const brokenOff = (moment: Moment, plan: FaultPlan): Way => ({
  run: (world) => runBrokenOff(moment, plan, world),
});
const reconciled = (way: Way): Way => ({ ...way, reconciled: true });
const table = (way: TableWay): Way => ({ run: (world) => runTable(way, world) });

/** An error that no client tries again, so that the function fails in the middle of an upload, and is called again. */
const tornUpload = (caller: string): CallFault => ({
  ...{ caller, service: 's3', operation: 'CompleteMultipartUpload', nth: 1 },
  fault: { status: 400, code: 'IncompleteBody' },
});
const torn = (...callers: readonly string[]): FaultPlan => ({ calls: callers.map(tornUpload) });

/** More than a part of an upload, in so few rows that they are asked on demand. */
const large = { rows: 60, textBytes: 180_000 } as const;

const failing = (caller: string, operation: string): CallFault => ({
  ...{ caller, operation },
  fault: { status: 500, code: 'InternalServerException' },
});
/** The job is submitted, and nobody writes its ARN down. */
const orphaned: readonly CallFault[] = [
  { caller: 'RunJob', operation: 'CreateModelInvocationJob', fault: 'kill-after' },
  failing('RunJob', 'ListModelInvocationJobs'),
];

/** Each takes functions, calls and resources that the others do not. The cheapest stand first. */
export const ways: Readonly<Record<string, Way>> = {
  small: scenario('small'),
  jobs: scenario('jobs'),
  retries: scenario('retries'),
  lines: scenario('lines'),
  packed: scenario('packed'),
  'small embeddings': table({ rows: 5, file: 'csv', embedding: true }),
  embeddings: table({ rows: 110, file: 'csv', embedding: true }),
  parquet: table({ rows: 110, file: 'parquet' }),
  'several objects': table({ rows: 12, file: 'csv', objects: 3 }),
  'an earlier split': table({ rows: 5, file: 'csv', folder: 'hf/' }),
  'an earlier CSV output': table({ rows: 5, file: 'csv', folder: 'batch_output_csv/' }),
  'an earlier JSON lines output': table({ rows: 5, file: 'jsonl', folder: 'batch_output_jsonl/' }),
  'an earlier Parquet output': table({ rows: 5, file: 'parquet', folder: 'batch_output_parquet/' }),
  'ready-made records': table({ rows: 5, file: 'jsonl', readyMade: true }),
  // Of two jobs something is left for on demand, where one chunk at a time may ask.
  turns: table({
    ...{ rows: 220, file: 'csv', plan: { records: [{ chance: 0.3, errorCode: 503, times: 1 }] } },
    request: { max_records_per_job: 110, max_on_demand_concurrency: 1 },
  }),
  'stopped on demand': {
    run: runStoppedOnDemand,
    // Of the stack's time, of which a second is ten milliseconds.
    options: { invocations: { latencyMs: 100_000 } },
    about: /InvokeOnDemand.*DescribeExecution/,
  },
  'large CSV': table({ ...large, file: 'csv', plan: torn('PrepareInput', 'AssembleOutput') }),
  'large JSON lines': table({ ...large, file: 'jsonl', plan: torn('AssembleOutput') }),
  'large embeddings': table({
    ...{ rows: 1200, file: 'csv', embedding: true },
    request: { max_records_per_job: 1200, embedding_type: 'float64', output_format: 'parquet' },
    plan: torn('Postprocess', 'AssembleOutput'),
  }),
  'large packed': table({ ...large, file: 'csv.gz', plan: torn('Preprocess') }),
  'out of time': { ...table({ ...large, file: 'csv' }), around: outOfTime },
  gated: { run: runGated, options: { secrets }, around: gatedHub },
  deadline: { ...scenario('deadline'), timed: true },
  unheard: reconciled(scenario('unheard')),
  collected: scenario('collected'),
  redriven: scenario('redriven'),
  // On demand nothing is idempotent: thirty records may be asked again.
  'killed on demand': scenario(
    'retries',
    { calls: [{ caller: 'InvokeOnDemand', operation: 'PutObject', nth: 1, fault: 'kill-after' }] },
    30,
  ),
  'killed after it submitted': undisturbed('jobs', {
    calls: [{ caller: 'RunJob', operation: 'CreateModelInvocationJob', nth: 1, fault: 'kill-after' }],
    // They would tell the ARN, too.
    events: ['Submitted', 'Validating', 'Scheduled', 'InProgress'].map((status) => ({ status, drop: true })),
  }),
  'a job that nobody knows': reconciled(scenario('unheard', { calls: orphaned })),
  'stopped, its end unheard': reconciled(
    brokenOff('answering, hours ago', { events: [{ detailType: ENDS, drop: true }] }),
  ),
  'stopped while it submitted': {
    ...brokenOff('submitting', {
      calls: [{ ...failing('RunJob', 'CreateModelInvocationJob'), times: 2 }],
      events: [{ detailType: ENDS, drop: true }],
    }),
    timed: true,
    about: /RunJob.*(StopModelInvocationJob|DescribeExecution)/,
  },
  'stopped before the ARN was known': brokenOff('answering', {
    calls: orphaned,
    events: [{ detailType: EVENTS, drop: true }],
  }),
  'collected before the ARN was known': brokenOff('answering, then collected', {
    calls: orphaned,
    events: [{ drop: true }],
  }),
  'collected before it submitted': brokenOff('entering, then collected', {
    calls: [failing('RunJob', 'PutItem')],
  }),
  'functions that fail for good': {
    run: (world) => runUnhandled({ calls: [{ caller: 'JobEvents', fault: 'kill-before' }] }, world),
    ...{ leavesLetters: true, reconciled: true },
  },
  'rules that may not invoke': {
    run: (world) => runUnhandled({}, world),
    lacking: /^lambda:function:.*: lambda:InvokeFunction to events/,
    ...{ leavesLetters: true, reconciled: true },
  },
};
