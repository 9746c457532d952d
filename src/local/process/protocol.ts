import type { FunctionCall } from '../faults/call-log.ts';
import type { FaultPlan } from '../faults/plan.ts';
import type { LocalAws } from '../local-aws.ts';
import type { ServiceOptions } from '../services.ts';
import type { Template } from '../template/assembly.ts';

/** How to start a local AWS in a process of its own: plain data, for it goes there as one line of JSON. */
export interface ProcessOptions {
  readonly assembly: {
    readonly directory: string;
    readonly stackName: string;
    /** Instead of the one in the directory. */
    readonly template?: Template;
  };
  /** Where its state lies. */
  readonly directory: string;
  readonly clock?: ClockSpeed;
  readonly services?: PlainServiceOptions;
  /** Whether calls are held against the template's policies; by default they are. */
  readonly enforceIam?: boolean;
  readonly tellCalls?: boolean;
}

/** How many seconds pass for each real one, counted from a moment that a start anew does not change. */
export interface ClockSpeed {
  readonly factor: number;
  /** Milliseconds since the epoch, when both clocks showed the same. */
  readonly since: number;
}

/** What no function is in. */
export type PlainServiceOptions = Pick<ServiceOptions, 'invocations' | 'secrets' | 'faults'> & {
  readonly jobs?: Omit<NonNullable<ServiceOptions['jobs']>, 'backEnd'>;
};

/** A line to the process, after the first, which is its options. Each is answered. */
export type Command = { readonly setFaults: FaultPlan | null } | { readonly tellCalls: boolean };

export type Ready = Pick<LocalAws, 'outputs' | 'environment' | 'logDirectory'>;

/** A line from the process. */
export type Message =
  | { readonly ready: Ready }
  | { readonly call: FunctionCall }
  | { readonly done: true }
  | { readonly refused: string };
