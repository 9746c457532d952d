import type { FailState } from '../definition.ts';
import { StatesError } from '../errors.ts';
import { type Conclusion, evaluateAs, type Visit } from '../visit.ts';

export async function runFail(state: FailState, visit: Visit): Promise<Conclusion> {
  const text = (field: 'Error' | 'Cause') =>
    state[field] === undefined ? undefined : evaluateAs(visit, 'string', field, state[field]);
  throw new StatesError((await text('Error')) ?? '', await text('Cause'));
}
