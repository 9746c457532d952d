import {
  checkNames,
  checkNext,
  checkNumber,
  checkOneOf,
  type Fields,
  listOf,
  objectOf,
  type Report,
  type Surroundings,
} from './check-fields.ts';
import { checkFlow, checkStart } from './check-flow.ts';
import { checkLanguage } from './check-language.ts';
import { checkMap } from './check-map.ts';
import { checkRecovery } from './check-recovery.ts';
import { checkChoice, checkFail, checkWait } from './check-states.ts';
import { checkTask } from './check-task.ts';
import { checkTemplates } from './check-templates.ts';
import { checkAssignments, variablesAt } from './check-variables.ts';
import type { Machine, StateType } from './definition.ts';
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
  Task: [...FLOW, ...RECOVERY, 'Resource', 'Arguments', 'Credentials', 'TimeoutSeconds', 'HeartbeatSeconds'],
  Parallel: [...FLOW, ...RECOVERY, 'Branches', 'Arguments'],
  Map: [
    ...[...FLOW, ...RECOVERY, 'ItemProcessor', 'Items', 'ItemSelector', 'MaxConcurrency', 'Label'],
    ...['ItemReader', 'ItemBatcher', 'ResultWriter', 'ToleratedFailureCount', 'ToleratedFailurePercentage'],
  ],
} as const satisfies Record<StateType, readonly string[]>;

const NESTED_FIELDS = ['Comment', 'QueryLanguage', 'StartAt', 'States'];
const MACHINE_FIELDS = [...NESTED_FIELDS, 'TimeoutSeconds', 'Version'];
const PROCESSOR_FIELDS = [...NESTED_FIELDS, 'ProcessorConfig'];
const SECONDS = { least: 1, most: 99_999_999 };
const LANGUAGES = ['JSONata', 'JSONPath'];

export interface CheckOptions {
  /**
   * True where a handler of one's own does the tasks: then any resource will do, not only lambda:invoke, and a part of
   * a machine too.
   */
  readonly anyResource?: boolean;
}

/** The definition as a machine that can run, or an InvalidDefinition that names the first fault. */
export function checkDefinition(definition: unknown, options: CheckOptions = {}): Machine {
  const [first] = findFaults(definition, options);
  if (first !== undefined) throw first;
  return definition as Machine;
}

/** A sentence for each thing for which AWS would not create the machine, or which does not run here. */
export function faultsIn(definition: unknown, options: CheckOptions = {}): readonly string[] {
  return findFaults(definition, options).map(({ message }) => message);
}

function findFaults(
  definition: unknown,
  { anyResource = false }: CheckOptions,
): readonly InvalidDefinition[] {
  const found: InvalidDefinition[] = [];
  const report: Report = (what, rule, got) => found.push(new InvalidDefinition(what, rule, got));
  const around = { jsonata: false, outerVariables: new Set<string>(), stateNames: new Set<string>() };
  checkMachine(definition, 'the definition', MACHINE_FIELDS, { ...around, anyResource, report });
  return found;
}

function checkMachine(
  definition: unknown,
  where: string,
  known: readonly string[],
  outer: Surroundings,
): void {
  const { report } = outer;
  const machine = objectOf(definition, where, report);
  checkNames(machine, known, where, report);
  checkOneOf(machine['QueryLanguage'] ?? 'JSONata', LANGUAGES, `QueryLanguage of ${where}`, report);
  checkNumber(machine['TimeoutSeconds'], SECONDS, `TimeoutSeconds of ${where}`, report);
  const states = objectOf(machine['States'], `States of ${where}`, report);
  checkStart(machine, states, where, outer);
  const jsonata = outer.jsonata || machine['QueryLanguage'] === 'JSONata';
  checkAssignments(states, outer);
  const assigned = variablesAt(machine['StartAt'], states, outer.outerVariables);
  for (const [name, state] of Object.entries(states)) {
    const { outerVariables } = outer;
    const inner = { ...outer, jsonata, outerVariables: assigned.get(name) ?? outerVariables };
    checkState(`state '${name}'`, objectOf(state, `state '${name}'`, report), states, inner);
  }
  if (!outer.anyResource) checkFlow(machine, states, where, outer);
}

function checkState(where: string, state: Fields, states: Fields, around: Surroundings): void {
  const { report } = around;
  const type = state['Type'];
  if (!isStateType(type)) {
    report(`Type of ${where}`, `be one of ${Object.keys(FIELDS).join(', ')}`, type);
    return;
  }
  checkLanguage(state, type, where, around);
  checkNames(state, FIELDS[type], where, report);
  checkTransitions(state, type, states, where, report);
  checkTemplates(state, where, report);
  checkRecovery(state, states, where, report);
  checkByType(state, type, states, where, around);
}

function isStateType(type: unknown): type is StateType {
  return typeof type === 'string' && Object.hasOwn(FIELDS, type);
}

function checkTransitions(
  state: Fields,
  type: StateType,
  states: Fields,
  where: string,
  report: Report,
): void {
  if (type === 'Succeed' || type === 'Fail' || type === 'Choice') return;
  if ((state['Next'] === undefined) === (state['End'] !== true)) {
    report(where, 'have either Next or "End": true');
  }
  if (state['Next'] !== undefined) checkNext(state['Next'], states, where, report);
}

function checkByType(
  state: Fields,
  type: StateType,
  states: Fields,
  where: string,
  around: Surroundings,
): void {
  if (type === 'Task') checkTask(state, where, around);
  if (type === 'Wait') checkWait(state, where, around.report);
  if (type === 'Fail') checkFail(state, where, around.report);
  if (type === 'Choice') checkChoice(state, states, where, around.report);
  if (type === 'Parallel') checkParallel(state, where, around);
  if (type === 'Map') {
    const { processor, inner } = checkMap(state, where, around);
    checkMachine(processor, `ItemProcessor of ${where}`, PROCESSOR_FIELDS, inner);
  }
}

function checkParallel(state: Fields, where: string, around: Surroundings): void {
  const branches = listOf(state['Branches'], `Branches of ${where}`, around.report);
  if (branches.length === 0) around.report(`Branches of ${where}`, 'not be empty');
  for (const [index, branch] of branches.entries()) {
    checkMachine(branch, `branch ${index} of ${where}`, NESTED_FIELDS, around);
  }
}
