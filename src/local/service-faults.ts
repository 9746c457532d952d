import { join } from 'node:path';
import type { Clock } from './clock.ts';
import type { PutEvent } from './events/event.ts';
import { assertEventFault, EventFaults } from './faults/event-faults.ts';
import { assertJobFault, JobFaults } from './faults/job-faults.ts';
import type { FaultPlan } from './faults/plan.ts';
import { assertRecordFault, RecordFaults } from './faults/record-faults.ts';

export interface ServiceFaultsOptions {
  readonly clock: Clock;
  /** Bedrock's own. */
  readonly directory: string;
  /** Puts an event on the bus. */
  readonly put: (event: PutEvent) => void;
  readonly plan?: FaultPlan | undefined;
}

/** What goes wrong in the services themselves, rather than on the way to them. */
export class ServiceFaults {
  readonly jobs: JobFaults;
  readonly records: RecordFaults;
  readonly events: EventFaults;

  /** @throws LocalAwsError for a fault that could never be what was meant */
  constructor({ clock, directory, put, plan = {} }: ServiceFaultsOptions) {
    const { seed, jobs, records, events } = plan;
    this.jobs = new JobFaults(jobs, seed);
    this.events = new EventFaults({ clock, put, faults: events, seed });
    this.records = new RecordFaults({ faults: records, seed, path: join(directory, 'record-faults.jsonl') });
  }

  /** Another plan; all counting begins anew. @throws LocalAwsError that leaves everything as it was */
  set({ seed, jobs = [], records = [], events = [] }: FaultPlan = {}): void {
    jobs.forEach(assertJobFault);
    records.forEach(assertRecordFault);
    events.forEach(assertEventFault);
    this.jobs.set(jobs, seed);
    this.records.set(records, seed);
    this.events.set(events, seed);
  }

  async close(): Promise<void> {
    await this.events.close();
    this.records.close();
  }
}
