import type { CallFault, ErrorAnswer } from '../../src/local/faults/call-faults.ts';
import type { FunctionCall } from '../../src/local/faults/call-log.ts';
import type { JobFault } from '../../src/local/faults/job-faults.ts';
import type { FaultPlan } from '../../src/local/faults/plan.ts';
import { drawOf } from '../../src/local/faults/selection.ts';
import type { ScenarioName } from './scenarios.ts';

/** What a run must come to, whatever went wrong: every row succeeded, some cannot have, or none did and the run fails and says so. */
export type Expected = 'all' | 'some' | 'none';

/** One run of the campaign. */
export interface FaultCase {
  /** A row of the table in the report. */
  readonly fault: string;
  /** Says what goes wrong; with the seed it can be run again. */
  readonly name: string;
  readonly scenario: ScenarioName;
  readonly plan: FaultPlan;
  readonly expected: Expected;
  /** A share of the time that a clean run takes, after which the whole local AWS is killed; one after the other. */
  readonly kills?: readonly number[];
}

/** A call that a function makes: the nth of its kind in a clean run. */
export type CallSite = Pick<FunctionCall, 'functionName' | 'service' | 'operation' | 'nth'>;

const siteName = ({ functionName, service, operation, nth }: CallSite) =>
  `${functionName} ${service}:${operation} #${nth}`;

/** Each call of a clean run, killed before and after it takes effect. */
export function killCases(
  scenario: ScenarioName,
  sites: readonly CallSite[],
  expected: Expected,
): readonly FaultCase[] {
  return sites.flatMap((site) =>
    (['kill-before', 'kill-after'] as const).map((fault): FaultCase => {
      const { functionName: caller, service, operation, nth } = site;
      const name = `${scenario}: ${fault} ${siteName(site)}`;
      const plan = { calls: [{ caller, service, operation, nth, fault }] };
      return { fault: `function killed ${fault.slice(5)} a call`, name, scenario, plan, expected };
    }),
  );
}

/** Errors of each service's own, and how the campaign counts them. */
const ERRORS: Readonly<Record<string, readonly ErrorAnswer[]>> = {
  s3: [
    { status: 503, code: 'SlowDown' },
    { status: 500, code: 'InternalError' },
  ],
  dynamodb: [
    { status: 400, code: 'ProvisionedThroughputExceededException' },
    { status: 500, code: 'InternalServerError' },
  ],
  bedrock: [
    { status: 429, code: 'ThrottlingException' },
    { status: 500, code: 'InternalServerException' },
  ],
  'bedrock-runtime': [
    { status: 429, code: 'ThrottlingException' },
    { status: 503, code: 'ServiceUnavailableException' },
  ],
  states: [
    { status: 400, code: 'ThrottlingException' },
    { status: 500, code: 'InternalServerError' },
  ],
};
const QUOTA: ErrorAnswer = { status: 400, code: 'ServiceQuotaExceededException' };
/** More than one call's own tries, so that the step fails and the state machine tries it again. */
const TIMES = 7;

const distinct = (sites: readonly CallSite[]) => [
  ...new Map(sites.map((site) => [siteName({ ...site, nth: 0 }), site])).values(),
];

/** Each operation of each function, throttled, failing, cut off; and the quota of jobs. */
export function errorCases(scenario: ScenarioName, sites: readonly CallSite[]): readonly FaultCase[] {
  return distinct(sites).flatMap((site) => {
    const { functionName: caller, service, operation } = site;
    const one = (fault: string, what: CallFault['fault'], times: number): FaultCase => ({
      fault,
      name: `${scenario}: ${fault}, ${caller} ${service}:${operation}`,
      scenario,
      plan: { calls: [{ caller, service, operation, times, fault: what }] },
      expected: 'all',
    });
    const errors = (ERRORS[service] ?? []).map((error) =>
      one(
        error.status === 429 ||
          error.code.includes('Throughput') ||
          error.code === 'SlowDown' ||
          error.code === 'ThrottlingException'
          ? 'throttled'
          : 'error of a service (5xx)',
        error,
        TIMES,
      ),
    );
    return [
      ...errors,
      one('connection reset before a call', 'reset-before', 1),
      one('connection reset after a call', 'reset-after', 1),
      ...(operation === 'CreateModelInvocationJob' ? [one('quota exceeded', QUOTA, 3)] : []),
    ];
  });
}

const EVENT = 'Batch Inference Job State Change';

/** Every way in which events can go astray, some by a seed. */
export function eventCases(seed: number): readonly FaultCase[] {
  const one = (fault: string, what: string, events: FaultPlan['events'], own = seed): FaultCase => ({
    fault,
    name: `jobs: ${what} (seed ${own})`,
    scenario: 'jobs',
    plan: { seed: own, ...(events && { events }) },
    expected: 'all',
  });
  const statuses = ['Submitted', 'Validating', 'Scheduled', 'InProgress', 'Completed'];
  const bySeed = Array.from({ length: 6 }, (_, i) => seed + i);
  return [
    one('events dropped', 'all dropped', [{ detailType: EVENT, drop: true }]),
    ...statuses.map((status) =>
      one('events dropped', `${status} dropped`, [{ detailType: EVENT, status, drop: true }]),
    ),
    ...bySeed.map((own) =>
      one('events dropped', 'half dropped', [{ detailType: EVENT, chance: 0.5, drop: true }], own),
    ),
    ...statuses.map((status) =>
      one('events doubled', `${status} three times`, [{ detailType: EVENT, status, copies: 3 }]),
    ),
    one('events doubled', 'all five times, a minute apart', [
      { detailType: EVENT, copies: 5, spreadMs: 60_000 },
    ]),
    ...statuses.map((status) =>
      one('events late', `${status} five minutes late`, [{ detailType: EVENT, status, delayMs: 300_000 }]),
    ),
    ...bySeed.map((own) =>
      one(
        'events reordered',
        'half of them later than those that follow',
        [{ detailType: EVENT, chance: 0.5, delayMs: 120_000 }],
        own,
      ),
    ),
  ];
}

const RETRYABLE = [408, 424, 429, 500, 502, 503, 504];
const FINAL = [400, 403, 404, 413];

/** Records that fail with each code, once or always, are not there, torn or doubled. */
export function recordCases(seed: number): readonly FaultCase[] {
  const one = (what: string, records: FaultPlan['records'], expected: Expected): FaultCase => ({
    fault: 'records that fail',
    name: `jobs: ${what}`,
    scenario: 'jobs',
    plan: { seed, ...(records && { records }) },
    expected,
  });
  return [
    ...RETRYABLE.flatMap((errorCode) => [
      one(`a third of the records ${errorCode}, once`, [{ chance: 0.33, errorCode, times: 1 }], 'all'),
      one(`all records ${errorCode}, twice`, [{ errorCode, times: 2 }], 'all'),
    ]),
    ...FINAL.map((errorCode) =>
      one(`a third of the records ${errorCode}, always`, [{ chance: 0.33, errorCode }], 'some'),
    ),
    one('every record 400', [{ errorCode: 400 }], 'none'),
    one('a third not in the output, once', [{ chance: 0.33, missing: true, times: 1 }], 'all'),
    one(
      'a third not in the output nor in its manifest, once',
      [{ chance: 0.33, missing: 'uncounted', times: 1 }],
      'all',
    ),
    one('a third of the lines torn, once', [{ chance: 0.33, unreadable: true, times: 1 }], 'all'),
    one('a third of the lines twice', [{ chance: 0.33, duplicated: true }], 'all'),
  ];
}

const ENDS: Readonly<Record<JobFault['at'], readonly NonNullable<JobFault['end']>[]>> = {
  Submitted: ['Failed', 'Expired', 'Stopped'],
  Validating: ['Failed', 'Expired', 'Stopped'],
  Scheduled: ['Failed', 'Expired', 'Stopped'],
  InProgress: ['Failed', 'Stopped', 'PartiallyCompleted', 'Completed'],
};

/** Jobs that end in each status at each point: the first of the run, or every one. */
export function jobCases(): readonly FaultCase[] {
  const one = (what: string, job: JobFault, expected: Expected): FaultCase => ({
    fault: 'jobs that end badly',
    name: `jobs: ${what}`,
    scenario: 'jobs',
    plan: { jobs: [job] },
    expected,
  });
  return Object.entries(ENDS).flatMap(([status, ends]) => {
    const at = status as JobFault['at'];
    return ends.flatMap((end): readonly FaultCase[] => {
      const shares = at === 'InProgress' ? [0, 0.4, 0.99] : [undefined];
      return shares.flatMap((afterShare) => {
        const job = { at, end, ...(afterShare !== undefined && { afterShare }) };
        const what = `${end} at ${at}${afterShare === undefined ? '' : ` after ${afterShare * 100} %`}`;
        return [
          one(`the first attempts' jobs ${what}`, { ...job, jobName: '*-1' }, 'all'),
          // What a job leaves is too little for another one, and goes on demand.
          one(`every job ${what}`, job, afterShare ? 'all' : 'none'),
        ];
      });
    });
  });
}

/** The whole local AWS is killed by SIGKILL at moments of a run, and started again. */
export function restartCases(seed: number, count: number): readonly FaultCase[] {
  const ways: readonly ScenarioName[] = ['jobs', 'retries', 'packed', 'unheard'];
  return Array.from({ length: count }, (_, i): FaultCase => {
    const scenario = ways[i % ways.length] ?? 'jobs';
    const kills = Array.from({ length: 1 + (i % 3) }, (_, k) => 0.05 + 0.95 * drawOf(seed, i, String(k)));
    const moments = kills.map((share) => `${Math.round(share * 100)} %`).join(', ');
    return {
      fault: 'the whole local AWS killed (SIGKILL) and started again',
      name: `${scenario}: SIGKILL at ${moments} of a run (seed ${seed}, ${i})`,
      scenario,
      plan: { seed: seed + i },
      expected: 'all',
      kills,
    };
  });
}

/** A little of everything at once, by a seed. */
export function mixedCases(seed: number, count: number): readonly FaultCase[] {
  const ways: readonly ScenarioName[] = ['jobs', 'retries', 'lines', 'packed'];
  return Array.from({ length: count }, (_, i): FaultCase => {
    const own = seed + i;
    const draw = (what: string) => drawOf(own, 0, what);
    const strikes = ['kill-before', 'kill-after', 'reset-before', 'reset-after'] as const;
    const calls: CallFault[] = strikes.map((fault) => ({ chance: 0.01, times: 2, fault }));
    calls.push({ service: 's3', chance: 0.05 * draw('s3'), fault: { status: 503, code: 'SlowDown' } });
    calls.push({
      service: 'dynamodb',
      chance: 0.05 * draw('dynamodb'),
      fault: { status: 500, code: 'InternalServerError' },
    });
    calls.push({
      service: 'bedrock',
      chance: 0.1 * draw('bedrock'),
      fault: { status: 429, code: 'ThrottlingException' },
    });
    return {
      fault: 'all of it at once, by chance',
      name: `${ways[i % ways.length]}: by chance (seed ${own})`,
      scenario: ways[i % ways.length] ?? 'jobs',
      plan: {
        seed: own,
        calls,
        records: [{ chance: 0.2 * draw('records'), errorCode: 503, times: 1 }],
        events: [
          { detailType: EVENT, chance: 0.2, drop: true },
          { detailType: EVENT, chance: 0.3, copies: 2, spreadMs: 30_000 },
        ],
      },
      expected: 'all',
    };
  });
}
