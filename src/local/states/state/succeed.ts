import type { SucceedState } from '../definition.ts';
import { type Conclusion, conclude, type Visit } from '../visit.ts';

export function runSucceed(state: SucceedState, visit: Visit): Promise<Conclusion> {
  return conclude(visit, state, visit.input);
}
