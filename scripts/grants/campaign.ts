import type { Assembly } from '../../src/local/template/assembly.ts';
import { writeCases } from './cases-file.ts';
import { justificationOf, justifications, justifies } from './justified.ts';
import { casesOf, type Evidence, summary, table } from './report.ts';
import type { WayResult } from './run-way.ts';
import { grantsOf, type TemplateGrant } from './template-grants.ts';
import { fateOf, isProof } from './verdict.ts';
import { ways } from './ways.ts';
import type { Workers } from './workers.ts';

/** Where a run survives, so many others that use the grant are tried. */
const MOST_WAYS = 3;
/** At least one run of each role is waited for until it fails: a denial alone shows that the grant is made use of. */
const LONG_MS = 90_000;

export interface CampaignOptions {
  /** Parts of the names of grants; all grants where there are none. */
  readonly only: readonly string[];
  readonly write: boolean;
  readonly patienceMs: number;
}

/** Finds out of every grant of the template what it is there for, and prints it. False where one is there for nothing. */
export async function campaign(
  assembly: Assembly,
  workers: Workers,
  options: CampaignOptions,
): Promise<boolean> {
  const { only, write } = options;
  const { grants, managed } = grantsOf(assembly);
  const clean = await cleanRuns(workers);
  const broken = clean.filter(({ wrong, denied }) => wrong.length + denied.length > 0);
  for (const { way, wrong, denied } of broken) {
    console.log(`WRONG with all grants: ${way}: ${[...wrong, ...denied].join('; ')}`);
  }
  if (broken.length > 0) return false;
  const isChosen = (id: string) => only.length === 0 || only.some((text) => id.includes(text));
  const chosen = grants.filter(({ id }) => isChosen(id));
  const evidence = await evidenceOf({ chosen, grants, clean }, workers, options);
  console.log(`\n${table(evidence, managed)}\n\n${summary(evidence)}\n`);
  const bad = new Map(evidence.map((one) => [one.grant.id, faultOf(one)]));
  const faults = [
    ...[...bad.values()].flat(),
    ...(only.length === 0 ? [...unprovenRoles(evidence).map(unproven), ...idleJustifications(grants)] : []),
  ];
  for (const fault of faults) console.log(`WRONG ${fault}`);
  // What is there for nothing is not written, so that the test of the file finds it.
  if (write) {
    const good = casesOf(
      evidence.filter(({ grant }) => bad.get(grant.id)?.length === 0),
      managed,
    );
    const names = new Set([...grants.map(({ id }) => id), ...managed]);
    await writeCases(good, (id) => names.has(id) && !isChosen(id));
  }
  return faults.length === 0;
}

async function cleanRuns(workers: Workers): Promise<readonly WayResult[]> {
  const results: WayResult[] = [];
  const tasks = Object.keys(ways).map((way) => ({ way, without: [], patienceMs: 0 }));
  await workers.all(tasks, (result) => {
    results.push(result);
    say(result, `${result.uses.length} grants used`);
  });
  return results;
}

interface Known {
  readonly chosen: readonly TemplateGrant[];
  readonly grants: readonly TemplateGrant[];
  readonly clean: readonly WayResult[];
}

async function evidenceOf(
  { chosen, grants, clean }: Known,
  workers: Workers,
  { patienceMs }: CampaignOptions,
): Promise<readonly Evidence[]> {
  const found = chosen.map((grant): Evidence => {
    return {
      grant,
      usedBy: usersOf(grant, clean),
      justification: justificationOf(grant),
      results: [],
      together: [],
    };
  });
  for (let round = 0; round < MOST_WAYS; round++) {
    const open = found.filter(({ results }) => !results.some(isProof));
    const tasks = open.flatMap(({ grant, usedBy: { [round]: way } }) =>
      way === undefined ? [] : [{ way, without: [grant.id], patienceMs }],
    );
    await workers.all(tasks, (result) => {
      found.find(({ grant }) => result.without.includes(grant.id))?.results.push(result);
      say(result, fateOf(result));
    });
    await tryTogether(found, round, { grants, workers });
  }
  await proveRoles(found, workers);
  return found;
}

/** Names of ways, the quickest first. */
function usersOf({ id, owner }: TemplateGrant, clean: readonly WayResult[]): readonly string[] {
  const rank = ({ way, ms }: WayResult) => {
    if (ways[way]?.about?.test(id)) return -1;
    return ways[way]?.timed ? Number.POSITIVE_INFINITY : ms;
  };
  const isChance = ({ way }: WayResult) => owner.includes('Reconcile') && !ways[way]?.reconciled;
  const users = clean.filter((result) => result.uses.includes(id) && !isChance(result));
  return [...users].sort((a, b) => (rank(a) < rank(b) ? -1 : 1)).map(({ way }) => way);
}

/** Roles of which runs were denied something, and none was seen to go wrong for it: one is waited for until it does. */
async function proveRoles(found: readonly Evidence[], workers: Workers): Promise<void> {
  const tasks = unprovenRoles(found).flatMap((owner) => {
    const own = found.filter(({ grant }) => grant.owner === owner).flatMap(({ results }) => results);
    const denied = own.find((result) => fateOf(result) === 'denied');
    return denied === undefined ? [] : [{ way: denied.way, without: denied.without, patienceMs: LONG_MS }];
  });
  await workers.all(tasks, (result) => {
    found.find(({ grant }) => result.without.includes(grant.id))?.results.unshift(result);
    say(result, fateOf(result));
  });
}

/** Of grants of which one is enough: what becomes of a run without all of them. */
async function tryTogether(
  found: readonly Evidence[],
  round: number,
  { grants, workers }: { readonly grants: readonly TemplateGrant[]; readonly workers: Workers },
): Promise<void> {
  const several = found.filter(
    ({ justification, together }) => justification?.oneOfSeveral && !together.some(isProof),
  );
  const tasks = several.flatMap(({ grant: { owner, action }, usedBy: { [round]: way } }) => {
    const together = grants.filter((one) => one.owner === owner && one.action === action);
    return way === undefined ? [] : [{ way, without: together.map(({ id }) => id), patienceMs: LONG_MS }];
  });
  const distinct = [...new Map(tasks.map((task) => [task.without.join(), task])).values()];
  await workers.all(distinct, (result) => {
    for (const one of several) if (result.without.includes(one.grant.id)) one.together.push(result);
    say(result, fateOf(result));
  });
}

function faultOf({ grant, results, justification, together }: Evidence): readonly string[] {
  const needed = results.some(isProof);
  if (justification?.oneOfSeveral && !together.some(isProof)) {
    return [`${grant.id}: no run is worse off without it and those beside it`];
  }
  if (needed && justification !== undefined) return [`${grant.id}: is needed, and needs no justification`];
  if (needed || justification !== undefined) return [];
  const why = results.length === 0 ? 'nothing makes use of it' : 'no run is worse off without it';
  return [`${grant.id}: ${why}, and nothing justifies it`];
}

function unprovenRoles(found: readonly Evidence[]): readonly string[] {
  const used = found.filter(({ grant, usedBy }) => grant.kind === 'identity' && usedBy.length > 0);
  const proven = used.filter(({ results }) => results.some((result) => fateOf(result) === 'goes wrong'));
  const names = new Set(proven.map(({ grant }) => grant.owner));
  return [...new Set(used.map(({ grant }) => grant.owner))].filter((owner) => !names.has(owner));
}

const unproven = (owner: string) =>
  `${owner}: no run went wrong without a grant of it, though some were denied`;

function idleJustifications(grants: readonly TemplateGrant[]): readonly string[] {
  return justifications
    .filter((one) => !grants.some((grant) => justifies(one, grant)))
    .map(({ owner, action }) => `${owner} ${action}: there is no such grant to justify`);
}

function say({ way, without, ms }: WayResult, what: string): void {
  console.log(
    `${(ms / 1000).toFixed(1).padStart(6)} s ${way}${without.length > 0 ? ` without ${without.join(' and ')}` : ''}: ${what}`,
  );
}
