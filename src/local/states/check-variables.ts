import { type Fields, isFields, objectsIn, type Surroundings } from './check-fields.ts';
import { transitionsOf } from './check-flow.ts';

const NAME = /^[\p{L}_][\p{L}\p{N}_]{0,79}$/u;

/** Naming a variable of an outer scope would shadow it, which AWS refuses. */
export function checkAssignments(states: Fields, { outerVariables, report }: Surroundings): void {
  const names = Object.values(states).flatMap((state) => (isFields(state) ? assignedBy(state) : []));
  for (const name of names) {
    if (outerVariables.has(name)) report(`the variable '${name}'`, 'not be assigned in an inner scope too');
    if (!NAME.test(name) || name === 'states') {
      report('the name of a variable', 'be an identifier other than states', name);
    }
  }
}

function assignedBy(state: Fields): string[] {
  const places = [state, ...objectsIn(state['Catch']), ...objectsIn(state['Choices'])];
  return places.flatMap(({ Assign: assign }) => (isFields(assign) ? Object.keys(assign) : []));
}

/**
 * For each state that the start leads to, the variables that states on some way to it have assigned. A variable that is
 * not among them has no value there on any way.
 */
export function variablesAt(
  start: unknown,
  states: Fields,
  outer: ReadonlySet<string>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const known = new Map<string, ReadonlySet<string>>();
  const open: [unknown, ReadonlySet<string>][] = [[start, outer]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [name, arriving] = next;
    const state = typeof name === 'string' ? states[name] : undefined;
    if (typeof name !== 'string' || !isFields(state)) continue;
    const before = known.get(name);
    const merged = new Set([...(before ?? []), ...arriving]);
    if (before?.size === merged.size) continue;
    known.set(name, merged);
    for (const { next: to, assign } of transitionsOf(state)) {
      open.push([to, new Set([...merged, ...(isFields(assign) ? Object.keys(assign) : [])])]);
    }
  }
  return known;
}
