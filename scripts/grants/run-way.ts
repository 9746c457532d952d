import { LocalAwsError } from '../../src/local/local-aws-error.ts';
import type { Assembly } from '../../src/local/template/assembly.ts';
import { CutOff, GrantWorld } from './grant-world.ts';
import { grantsOf, reportName, type TemplateGrant } from './template-grants.ts';
import { type Way, ways } from './ways.ts';
import { without } from './without.ts';

/** One run, of a template that lacks some of its grants or none. */
export interface Task {
  readonly way: string;
  /** Ids of grants. */
  readonly without: readonly string[];
  /** Real milliseconds that the run has for its end once it was denied something. */
  readonly patienceMs: number;
}

export interface WayResult extends Task {
  readonly ms: number;
  /** Ids of the grants that were made use of. */
  readonly uses: readonly string[];
  /** What the local AWS denied, in its words. */
  readonly denied: readonly string[];
  /** Sentences on what went wrong; none for a run that ended as it should. */
  readonly wrong: readonly string[];
  /** The stack could not be deployed, or the run was not waited for to its end. */
  readonly end: 'refused' | 'cut off' | 'ended';
}

/** Deploys the template without the grants, and runs the way on it. */
export async function runWay(task: Task, assembly: Assembly): Promise<WayResult> {
  const started = Date.now();
  const way = wayOf(task.way);
  const { grants } = grantsOf(assembly);
  const lacking = grants.filter(({ id }) => task.without.includes(id) || way.lacking?.test(id));
  if (task.without.some((id) => !lacking.some((grant) => grant.id === id))) {
    throw new Error(`Cannot take a grant away that is not there: ${task.without.join(' and ')}.`);
  }
  const around = await way.around?.();
  try {
    const template = without(
      assembly.template,
      lacking.map(({ at }) => at),
    );
    const changed = { ...assembly, template: around?.change(template) ?? template };
    return {
      ...task,
      ...(await runOn(changed, way, { grants, patienceMs: task.patienceMs })),
      ms: Date.now() - started,
    };
  } finally {
    await around?.close();
  }
}

type Ran = Omit<WayResult, keyof Task | 'ms'>;

interface Watched extends Pick<Task, 'patienceMs'> {
  readonly grants: readonly TemplateGrant[];
}

async function runOn(assembly: Assembly, way: Way, { grants, patienceMs }: Watched): Promise<Ran> {
  let world: GrantWorld;
  try {
    world = await GrantWorld.start(assembly, { patienceMs, isExpected: isOf(way, grants) }, way.options);
  } catch (error) {
    if (!(error instanceof LocalAwsError)) throw error;
    return { uses: [], denied: [error.message], wrong: [error.message], end: 'refused' };
  }
  try {
    const { wrong, end } = await watched(way, world);
    return { uses: usesOf(world, grants), denied: world.denied(), wrong, end };
  } finally {
    await world.close();
  }
}

async function watched(way: Way, world: GrantWorld): Promise<Pick<WayResult, 'wrong' | 'end'>> {
  try {
    const wrong = [...(await way.run(world)), ...(await leftBehind(way, world))];
    return { wrong, end: 'ended' };
  } catch (error) {
    // A run that is denied something may leave nothing of what is looked for.
    const wrong = [(error as Error).message];
    return { wrong, end: error instanceof CutOff ? 'cut off' : 'ended' };
  }
}

/** What no run may leave, however well its table came out. */
async function leftBehind({ leavesLetters }: Way, world: GrantWorld): Promise<readonly string[]> {
  const uploads = await world.unfinishedUploads();
  const letters = leavesLetters ? [] : await world.letters();
  return [
    ...(uploads === 0 ? [] : [`${uploads} unfinished uploads are left in the bucket`]),
    ...(letters.length === 0 ? [] : [`${letters.length} letters are in the dead-letter queue`]),
  ];
}

/** A denial of what the way itself takes away is none of the mutation's. */
function isOf({ lacking }: Way, grants: readonly TemplateGrant[]): (denial: string) => boolean {
  const actions = grants.filter(({ id }) => lacking?.test(id)).map(({ action }) => action);
  return (denial) => actions.some((action) => denial.includes(` perform: ${action} `));
}

function usesOf(world: GrantWorld, grants: readonly TemplateGrant[]): readonly string[] {
  const used = new Set(world.grants().flatMap((grant) => (grant.uses > 0 ? [reportName(grant)] : [])));
  return grants.filter(({ reportedAs }) => used.has(reportedAs)).map(({ id }) => id);
}

function wayOf(name: string): Way {
  const way = ways[name];
  if (way === undefined) throw new Error(`There is no way ${name}.`);
  return way;
}
