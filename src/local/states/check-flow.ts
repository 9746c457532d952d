import { type Fields, isFields, objectsIn, type Surroundings } from './check-fields.ts';

/** A way out of a state; what it assigns is known to the states behind it. */
export interface Transition {
  readonly next: unknown;
  readonly assign: unknown;
}

export function transitionsOf(state: Fields): readonly Transition[] {
  const { Next: next, Default: otherwise, Assign: assign } = state;
  const rules = [...objectsIn(state['Choices']), ...objectsIn(state['Catch'])];
  return [
    { next, assign },
    { next: otherwise, assign },
    ...rules.map((rule) => ({ next: rule['Next'], assign: rule['Assign'] })),
  ].filter((way) => way.next !== undefined);
}

export function checkStart(machine: Fields, states: Fields, where: string, { report }: Surroundings): void {
  const start = machine['StartAt'];
  if (typeof start === 'string' && Object.hasOwn(states, start)) return;
  report(`StartAt of ${where}`, 'name one of its states', start);
}

/** What keeps nothing from running, and yet AWS does not create: ways in, a way out, one name for each state. */
export function checkFlow(machine: Fields, states: Fields, where: string, around: Surroundings): void {
  const targets = new Set([machine['StartAt'], ...targetsOf(states)]);
  for (const name of Object.keys(states)) {
    if (!targets.has(name)) around.report(`state '${name}'`, 'be the next state of another');
    checkName(name, where, around);
  }
  if (Object.values(states).some(isTerminal)) return;
  around.report(`States of ${where}`, 'have one with "End": true, or of the type Succeed or Fail');
}

export function isTerminal(state: unknown): boolean {
  if (!isFields(state)) return false;
  return state['End'] === true || state['Type'] === 'Succeed' || state['Type'] === 'Fail';
}

function targetsOf(states: Fields): readonly unknown[] {
  return Object.entries(states).flatMap(([name, state]) =>
    // A state that names itself is no way to it.
    isFields(state) ? transitionsOf(state).flatMap(({ next }) => (next === name ? [] : [next])) : [],
  );
}

function checkName(name: string, where: string, { stateNames, report }: Surroundings): void {
  if (name.length > 80) report(`the name of a state of ${where}`, 'have at most 80 characters', name);
  if (stateNames.has(name)) {
    report(`the name of a state of ${where}`, 'differ from those of all others, inner and outer', name);
  }
  stateNames.add(name);
}
