import { STACK_NAME } from '../../bin/stack-name.ts';
import { Campaign, expectedOf } from '../../scripts/faults/campaign.ts';
import {
  errorCases,
  eventCases,
  type FaultCase,
  jobCases,
  killCases,
  mixedCases,
  recordCases,
  restartCases,
} from '../../scripts/faults/cases.ts';
import type { ScenarioName } from '../../scripts/faults/scenarios.ts';
import { assemblyDirectory } from '../setup/assembly.ts';

/** A few of each kind, others with each seed; `npm run faults` runs them all. */
const seed = Number(process.env['FAULTS_SEED'] ?? 1);
const some = (count: number, cases: readonly FaultCase[]) =>
  Array.from({ length: count }, (_, i) => cases[(seed * 7 + i * 31) % cases.length] as FaultCase);

// A few runs each, of which one that goes wrong is waited for: it is to be named, rather than the time.
jest.setTimeout(240_000);

let campaign: Campaign;
beforeAll(async () => {
  campaign = await Campaign.start({ directory: assemblyDirectory(), stackName: STACK_NAME }, `t${seed}`);
});
afterAll(() => campaign.close());

async function wrongIn(cases: readonly FaultCase[]): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const one of cases) {
    const ran = await campaign.run(one);
    wrong.push(...ran.wrong.map((sentence) => `${one.name}: ${sentence}`));
  }
  return wrong;
}

test.each<ScenarioName>(['retries', 'collected'])(
  'functions killed before and after calls, and calls that fail: %s',
  async (scenario) => {
    const sites = await campaign.callSites(scenario);
    expect(sites.length).toBeGreaterThan(100);
    const kills = some(4, killCases(scenario, sites, expectedOf(scenario)));
    const errors = scenario === 'retries' ? some(4, errorCases(scenario, sites)) : [];
    expect(await wrongIn([...kills, ...errors])).toEqual([]);
  },
);

test('events that are lost, doubled, late and out of order', async () => {
  expect(await wrongIn(some(3, eventCases(seed)))).toEqual([]);
});

test('records that fail, and jobs that end badly', async () => {
  expect(await wrongIn([...some(3, recordCases(seed)), ...some(4, jobCases())])).toEqual([]);
});

test('all of it at once', async () => {
  expect(await wrongIn(some(3, mixedCases(seed, 60)))).toEqual([]);
});

test('the whole local AWS killed and started again', async () => {
  expect(await wrongIn(some(3, restartCases(seed, 60)))).toEqual([]);
});

// A judge that lets everything pass would let all of the above pass.
test('a run that loses rows is found wrong', async () => {
  const lost: FaultCase = {
    ...{ fault: 'none', name: 'every record refused', scenario: 'jobs', expected: 'all' },
    plan: { records: [{ errorCode: 400 }] },
  };
  expect((await campaign.run(lost)).wrong.join()).toMatch(/ended as FAILED.*only 0 of 240 rows succeeded/s);
});
