import type { PassState } from '../definition.ts';
import { type Conclusion, conclude, type Visit } from '../visit.ts';

export function runPass(state: PassState, visit: Visit): Promise<Conclusion> {
  return conclude(visit, state, visit.input);
}
