import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { PutEvent } from '../events/event.ts';
import { assertMembers, RULES, type Rule, type Selection, selects } from './selection.ts';

/**
 * What becomes of an event that a service puts on the bus; EventBridge promises neither that it comes, nor that it comes
 * once, nor the order. Each fault counts the events that it matches.
 */
export interface EventFault extends Selection {
  /** E.g. `Batch Inference Job State Change`; any by default. */
  readonly detailType?: string;
  /** Of the job or the execution, e.g. `Completed`; any by default. */
  readonly status?: string;
  /** How often it is delivered; 1 by default, and 0 is the same as `drop`. */
  readonly copies?: number;
  readonly drop?: true;
  /** How late it is, in milliseconds on the clock. */
  readonly delayMs?: number;
  /** How much later each copy is than the one before. */
  readonly spreadMs?: number;
}

const MEMBERS: Readonly<Record<Exclude<keyof EventFault, keyof Selection>, Rule>> = {
  detailType: RULES.text,
  status: RULES.text,
  copies: RULES.amount,
  drop: RULES.yes,
  delayMs: RULES.amount,
  spreadMs: RULES.amount,
};

/** @throws LocalAwsError for a fault that could never be what was meant */
export function assertEventFault(fault: EventFault): void {
  assertMembers(
    fault,
    MEMBERS,
    ['copies', 'delayMs', 'spreadMs'].map((name) => ['drop', name]),
  );
}

/** When an event that meets the fault is delivered, in milliseconds from now; never, if there is none. */
export function deliveriesOf(fault: EventFault | undefined): readonly number[] {
  if (fault?.drop) return [];
  const { copies = 1, delayMs = 0, spreadMs = 0 } = fault ?? {};
  return Array.from({ length: copies }, (_, copy) => delayMs + copy * spreadMs);
}

/** The same change of the same job or execution in every run of a plan, though ids and times differ. */
export function identityOf({ 'detail-type': type, detail }: PutEvent): string {
  return [type, detail['batchJobName'] ?? detail['name'], detail['status']].join('/');
}

export interface EventFaultsOptions {
  readonly clock: Clock;
  readonly put: (event: PutEvent) => void;
  readonly faults?: readonly EventFault[] | undefined;
  readonly seed?: number | undefined;
}

/** Stands between the services and the bus. */
export class EventFaults {
  readonly #options: EventFaultsOptions;
  readonly #closing = new AbortController();
  readonly #late = new Set<Promise<void>>();
  #seed = 1;
  #counted: readonly { readonly fault: EventFault; matching: number }[] = [];

  /** @throws LocalAwsError for a fault that could never be what was meant */
  constructor(options: EventFaultsOptions) {
    this.#options = options;
    this.set(options.faults, options.seed);
  }

  /** Another plan; all counting begins anew. What is late already comes as late as it would have. */
  set(faults: readonly EventFault[] = [], seed = 1): void {
    faults.forEach(assertEventFault);
    this.#counted = faults.map((fault) => ({ fault, matching: 0 }));
    this.#seed = seed;
  }

  put(given: PutEvent): void {
    const now = new Date(this.#options.clock.now());
    // Copies are of one event, and a late one tells of the time of the change.
    const event = { id: randomUUID(), time: `${now.toISOString().slice(0, 19)}Z`, ...given };
    for (const delay of deliveriesOf(this.#faultOf(event))) {
      if (delay === 0) this.#options.put(event);
      else this.#putLate(event, delay);
    }
  }

  /** What is late by now is lost. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the event bus is closing'));
    await Promise.all(this.#late);
  }

  /** All that match count the event; the first that selects it befalls it. */
  #faultOf(event: PutEvent): EventFault | undefined {
    const identity = identityOf(event);
    let first: EventFault | undefined;
    for (const [index, counted] of this.#counted.entries()) {
      if (!matches(counted.fault, event)) continue;
      counted.matching++;
      const met = selects(counted.fault, this.#seed, index, { ordinal: counted.matching, identity });
      if (met) first ??= counted.fault;
    }
    return first;
  }

  #putLate(event: PutEvent, delay: number): void {
    const late = this.#putAfter(event, delay).finally(() => this.#late.delete(late));
    this.#late.add(late);
  }

  async #putAfter(event: PutEvent, delay: number): Promise<void> {
    try {
      await this.#options.clock.sleep(delay, this.#closing.signal);
      this.#options.put(event);
    } catch (error) {
      // Nobody waits for it any more, so that nobody else would say it.
      if (!this.#closing.signal.aborted) process.emitWarning(`A late event was lost: ${error}`);
    }
  }
}

function matches({ detailType, status }: EventFault, { 'detail-type': type, detail }: PutEvent): boolean {
  return (
    (detailType === undefined || detailType === type) && (status === undefined || status === detail['status'])
  );
}
