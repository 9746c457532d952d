import { type Fields, isFields, objectsIn, type Report } from './check-fields.ts';
import { isTerminal } from './check-flow.ts';
import { checkLeftovers } from './check-leftovers.ts';
import { checkRecoveryOrder } from './check-recovery-order.ts';
import { templatesOf } from './check-templates.ts';
import { checkToken, checkUses, type Scope } from './check-uses.ts';
import { variablesAt } from './check-variables.ts';

/**
 * A sentence for each thing that AWS takes and nobody means: it fails or does nothing when it runs, perhaps hours later.
 * What AWS does not take is for `faultsIn`.
 */
export function oversightsIn(definition: unknown): readonly string[] {
  const found: string[] = [];
  const report: Report = (what, rule, got) => {
    const value = typeof got === 'string' ? got : JSON.stringify(got);
    found.push(`Cannot be meant: ${what} must ${rule}${value === undefined ? '' : `, got ${value}`}.`);
  };
  lookAtMachine(definition, 'the definition', { variables: new Set(), ofItem: false, report });
  return found;
}

function lookAtMachine(machine: unknown, where: string, outer: Scope): void {
  if (!isFields(machine) || !isFields(machine['States'])) return;
  const states = machine['States'];
  const reached = variablesAt(machine['StartAt'], states, outer.variables);
  for (const [name, state] of Object.entries(states)) {
    const variables = reached.get(name);
    if (variables === undefined) outer.report(`state '${name}'`, 'be on a way from StartAt');
    else if (isFields(state)) lookAtState(state, `state '${name}'`, { ...outer, variables });
  }
  if ([...reached.keys()].some((name) => isTerminal(states[name]))) return;
  outer.report(`StartAt of ${where}`, 'lead to a state that ends', machine['StartAt']);
}

function lookAtState(state: Fields, where: string, scope: Scope): void {
  const places = templatesOf(state, where);
  for (const place of places) {
    checkUses(place, state, scope);
    checkLeftovers(place, scope);
  }
  checkToken(places, state, where, scope.report);
  checkRecoveryOrder(state, where, scope.report);
  checkMaxItems(state, where, scope.report);
  for (const branch of objectsIn(state['Branches'])) lookAtMachine(branch, `a branch of ${where}`, scope);
  const processor = state['ItemProcessor'];
  if (isFields(processor)) {
    lookAtMachine(processor, `ItemProcessor of ${where}`, scopeOfItems(processor, scope));
  }
}

function checkMaxItems({ ItemReader: reader }: Fields, where: string, report: Report): void {
  const config = isFields(reader) ? reader['ReaderConfig'] : undefined;
  if (!isFields(config) || config['MaxItems'] !== 0) return;
  report(`MaxItems of ${where}`, 'be more than 0, with which all items are read', 0);
}

function scopeOfItems({ ProcessorConfig: config }: Fields, scope: Scope): Scope {
  const distributed = isFields(config) && config['Mode'] === 'DISTRIBUTED';
  return distributed ? { ...scope, variables: new Set(), ofItem: false } : { ...scope, ofItem: true };
}
