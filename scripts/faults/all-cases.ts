import { type Campaign, expectedOf } from './campaign.ts';
import {
  type CallSite,
  errorCases,
  eventCases,
  type FaultCase,
  jobCases,
  killCases,
  mixedCases,
  recordCases,
  restartCases,
} from './cases.ts';
import { type ScenarioName, scenarios } from './scenarios.ts';

/** A function that asks for each of a hundred records makes one call a hundred times. */
const MOST_OF_A_KIND = 20;

/** Every case of a campaign. Which calls there are to kill and to fail, a clean run of each scenario tells. */
export async function allCases(campaign: Campaign, seed: number): Promise<readonly FaultCase[]> {
  const cases: FaultCase[] = [];
  const known = new Set<string>();
  for (const scenario of Object.keys(scenarios) as ScenarioName[]) {
    const sites = await campaign.callSites(scenario);
    // What a call does is the same in every scenario; the first that makes it is enough.
    const kindOf = ({ functionName, service, operation, nth }: CallSite) =>
      `${functionName} ${service} ${operation} ${nth}`;
    const fresh = sites.filter((site) => site.nth <= MOST_OF_A_KIND && !known.has(kindOf(site)));
    for (const site of fresh) known.add(kindOf(site));
    cases.push(...killCases(scenario, fresh, expectedOf(scenario)));
    const first = fresh.filter(({ nth }) => nth === 1);
    if (expectedOf(scenario) === 'all') cases.push(...errorCases(scenario, first));
  }
  return [
    ...cases,
    ...eventCases(seed),
    ...recordCases(seed),
    ...jobCases(),
    ...restartCases(seed, 60),
    ...mixedCases(seed, 60),
  ];
}
