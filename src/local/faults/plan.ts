import type { CallFault } from './call-faults.ts';
import type { EventFault } from './event-faults.ts';
import type { JobFault } from './job-faults.ts';
import type { RecordFault } from './record-faults.ts';

/** What goes wrong in the local AWS, and when. Plain data, and the same plan with the same seed decides the same. */
export interface FaultPlan {
  /** Decides what is left to chance; 1 by default. */
  readonly seed?: number;
  readonly calls?: readonly CallFault[];
  readonly jobs?: readonly JobFault[];
  readonly records?: readonly RecordFault[];
  readonly events?: readonly EventFault[];
}
