import type { ChoiceState } from '../definition.ts';
import { StatesError } from '../errors.ts';
import { type Conclusion, conclude, evaluateAs, placedCause, type Visit } from '../visit.ts';

const NOWHERE = 'Failed to transition out of the state. The state does not point to a next state.';

/** Output and Assign are the rule's own; those of the state are for the way to Default. */
export async function runChoice(state: ChoiceState, visit: Visit): Promise<Conclusion> {
  for (const [index, rule] of state.Choices.entries()) {
    const met = await evaluateAs(visit, 'boolean', `Choices[${index}]/Condition`, rule.Condition);
    if (met) return conclude(visit, rule, visit.input);
  }
  if (state.Default === undefined)
    throw new StatesError('States.NoChoiceMatched', placedCause(visit, NOWHERE));
  return conclude(visit, { Output: state.Output, Assign: state.Assign, Next: state.Default }, visit.input);
}
