import { checkTemplate } from './check-expressions.ts';
import { checkNames, checkNext, type Fields, listOf, objectOf, type Surroundings } from './check-fields.ts';
import { checkMap } from './check-map.ts';
import { checkRecovery } from './check-recovery.ts';
import { LAMBDA_INVOKE, type Machine, type StateType } from './definition.ts';
import { InvalidDefinition } from './errors.ts';

const FLOW = ['Type', 'Comment', 'QueryLanguage', 'Next', 'End', 'Output', 'Assign'];
const RECOVERY = ['Retry', 'Catch'];

/** The fields that Step Functions takes in a JSONata state of each type. */
const FIELDS = {
  Pass: FLOW,
  Succeed: ['Type', 'Comment', 'QueryLanguage', 'Output'],
  Fail: ['Type', 'Comment', 'QueryLanguage', 'Error', 'Cause'],
  Wait: [...FLOW, 'Seconds', 'Timestamp'],
  Choice: ['Type', 'Comment', 'QueryLanguage', 'Output', 'Assign', 'Choices', 'Default'],
  Task: [...FLOW, ...RECOVERY, 'Resource', 'Arguments', 'TimeoutSeconds', 'HeartbeatSeconds'],
  Parallel: [...FLOW, ...RECOVERY, 'Branches', 'Arguments'],
  Map: [
    ...[
      ...FLOW,
      ...RECOVERY,
      'ItemProcessor',
      'Items',
      'ItemSelector',
      'MaxConcurrency',
      'Label',
      'ItemReader',
    ],
    ...['ItemBatcher', 'ResultWriter', 'ToleratedFailureCount', 'ToleratedFailurePercentage'],
  ],
} as const satisfies Record<StateType, readonly string[]>;

const MACHINE_FIELDS = [
  'Comment',
  'QueryLanguage',
  'StartAt',
  'States',
  'TimeoutSeconds',
  'Version',
  'ProcessorConfig',
];

/** Fields whose expressions see `$states.result` after the work is done; all others see input and context only. */
const AFTER_WORK = ['Output', 'Assign'];
const WITH_WORK: readonly string[] = ['Task', 'Parallel', 'Map'];
const NOT_EVALUATED = [
  ...['Type', 'Comment', 'QueryLanguage', 'Next', 'End', 'Default', 'Resource', 'Label', 'Retry', 'Catch'],
  ...['Branches', 'ItemProcessor'],
];

/** The definition as a machine that can run, or an InvalidDefinition that names the first fault. */
export function checkDefinition(definition: unknown): Machine {
  checkMachine(definition, 'the definition', { jsonata: false, outerVariables: new Set() });
  return definition as Machine;
}

export function checkMachine(definition: unknown, where: string, outer: Surroundings): void {
  const machine = objectOf(definition, where);
  checkNames(machine, MACHINE_FIELDS, where);
  const states = objectOf(machine['States'], `States of ${where}`);
  if (typeof machine['StartAt'] !== 'string' || !(machine['StartAt'] in states)) {
    throw new InvalidDefinition(`StartAt of ${where}`, 'name one of its states', machine['StartAt']);
  }
  const { TimeoutSeconds: timeout } = machine;
  if (timeout !== undefined && !(Number.isInteger(timeout) && Number(timeout) > 0)) {
    throw new InvalidDefinition(`TimeoutSeconds of ${where}`, 'be a positive integer', timeout);
  }
  const jsonata = outer.jsonata || machine['QueryLanguage'] === 'JSONata';
  const own = assignedIn(states, outer.outerVariables);
  const inner = { jsonata, outerVariables: new Set([...outer.outerVariables, ...own]) };
  for (const [name, state] of Object.entries(states)) checkState(name, objectOf(state, name), states, inner);
}

function checkState(name: string, state: Fields, states: Fields, around: Surroundings): void {
  const where = `state '${name}'`;
  const type = state['Type'];
  if (!isStateType(type))
    throw new InvalidDefinition(`Type of ${where}`, `be one of ${Object.keys(FIELDS).join(', ')}`, type);
  checkLanguage(state, where, around);
  checkNames(state, FIELDS[type], where);
  checkTransitions(state, type, states, where);
  checkFieldTemplates(state, type, where);
  checkRecovery(state, states, where);
  checkByType(state, type, states, where, around);
}

function isStateType(type: unknown): type is StateType {
  return typeof type === 'string' && Object.hasOwn(FIELDS, type);
}

function checkLanguage(state: Fields, where: string, { jsonata }: Surroundings): void {
  const language = state['QueryLanguage'] ?? (jsonata ? 'JSONata' : 'JSONPath');
  if (language !== 'JSONata')
    throw new InvalidDefinition(`QueryLanguage of ${where}`, 'be JSONata', language);
}

function checkTransitions(state: Fields, type: StateType, states: Fields, where: string): void {
  if (type === 'Succeed' || type === 'Fail' || type === 'Choice') return;
  if ((state['Next'] === undefined) === (state['End'] !== true)) {
    throw new InvalidDefinition(where, 'have either Next or "End": true');
  }
  if (state['Next'] !== undefined) checkNext(state['Next'], states, where);
}

function checkFieldTemplates(state: Fields, type: StateType, where: string): void {
  for (const [field, template] of Object.entries(state)) {
    if (NOT_EVALUATED.includes(field) || field === 'Choices') continue;
    const legal = AFTER_WORK.includes(field) && WITH_WORK.includes(type) ? 'result' : 'none';
    checkTemplate(template, `${field} of ${where}`, legal);
  }
}

function checkByType(
  state: Fields,
  type: StateType,
  states: Fields,
  where: string,
  around: Surroundings,
): void {
  if (type === 'Task') checkTask(state, where);
  if (type === 'Wait') checkWait(state, where);
  if (type === 'Choice') checkChoice(state, states, where);
  if (type === 'Map') checkMap(state, where, around, checkMachine);
  if (type !== 'Parallel') return;
  for (const [index, branch] of listOf(state['Branches'], `Branches of ${where}`).entries()) {
    checkMachine(branch, `branch ${index} of ${where}`, around);
  }
}

function checkTask(state: Fields, where: string): void {
  if (!LAMBDA_INVOKE.test(String(state['Resource']))) {
    const rule = 'be arn:aws:states:::lambda:invoke or arn:aws:states:::lambda:invoke.waitForTaskToken';
    throw new InvalidDefinition(`Resource of ${where}`, rule, state['Resource']);
  }
  const { TimeoutSeconds: timeout, HeartbeatSeconds: heartbeat } = state;
  if (typeof timeout === 'number' && typeof heartbeat === 'number' && heartbeat >= timeout) {
    throw new InvalidDefinition(
      `HeartbeatSeconds of ${where}`,
      `be less than TimeoutSeconds (${timeout})`,
      heartbeat,
    );
  }
}

function checkWait(state: Fields, where: string): void {
  if ((state['Seconds'] === undefined) === (state['Timestamp'] === undefined)) {
    throw new InvalidDefinition(where, 'have either Seconds or Timestamp');
  }
}

function checkChoice(state: Fields, states: Fields, where: string): void {
  const choices = listOf(state['Choices'], `Choices of ${where}`);
  if (choices.length === 0) throw new InvalidDefinition(`Choices of ${where}`, 'not be empty');
  for (const [index, each] of choices.entries()) {
    const place = `Choices[${index}] of ${where}`;
    const rule = objectOf(each, place);
    checkNames(rule, ['Comment', 'Condition', 'Next', 'Output', 'Assign'], place);
    if (rule['Condition'] === undefined) throw new InvalidDefinition(place, 'have a Condition');
    checkNext(rule['Next'], states, place);
    checkTemplate(rule, place, 'none');
  }
  if (state['Default'] !== undefined) checkNext(state['Default'], states, where);
}

/** Variables assigned in a scope; naming one of an outer scope would shadow it, which AWS refuses. */
function assignedIn(states: Fields, outer: ReadonlySet<string>): string[] {
  const names = Object.values(states).flatMap((state) => assignments(state));
  for (const name of names) {
    if (outer.has(name))
      throw new InvalidDefinition(`the variable '${name}'`, 'not be assigned in an inner scope too');
    if (!/^[\p{L}_][\p{L}\p{N}_]{0,79}$/u.test(name) || name === 'states') {
      throw new InvalidDefinition('the name of a variable', 'be an identifier other than states', name);
    }
  }
  return names;
}

function assignments(state: unknown): string[] {
  const { Assign, Catch, Choices } = (state ?? {}) as { Assign?: object; Catch?: unknown; Choices?: unknown };
  const inner = [Catch, Choices].flatMap((list) => (Array.isArray(list) ? list : []));
  return [...Object.keys(Assign ?? {}), ...inner.flatMap((rule) => assignments(rule))];
}
