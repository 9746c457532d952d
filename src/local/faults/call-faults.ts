import { SERVICES, type ServiceName } from '../http/operation.ts';
import { assertMembers, drawOf, oneOf, RULES, type Rule, refused, type Selection } from './selection.ts';

/** An answer that a service gives instead of doing what it was asked. */
export interface ErrorAnswer {
  /** 400 to 599. */
  readonly status: number;
  /** As the service spells it, e.g. `SlowDown` or `ThrottlingException`. */
  readonly code: string;
  readonly message?: string;
}

const STRIKES = ['kill-before', 'kill-after', 'reset-before', 'reset-after'] as const;

/**
 * `kill` ends the thread of the function that calls, `reset` its connection: before the service heard of the call, or
 * after the service did it and before the function hears of that.
 */
export type CallStrike = (typeof STRIKES)[number];

/**
 * A fault of the calls that match, of which `nth`, `every` or `chance` selects some, counted since the plan began.
 * Several faults of one plan count on their own, and of those that would strike a call the first does.
 */
export interface CallFault extends Selection {
  /**
   * A part of the function's name or access key id, every function by default. Who is no function must be named by its
   * whole access key id, e.g. `LOCALSTATES`, and has no thread to kill.
   */
  readonly caller?: string;
  readonly service?: ServiceName;
  /** The operation of the API, e.g. `PutObject`. */
  readonly operation?: string;
  /** How often it strikes: without end by default; with `nth`, the calls that follow the nth too. */
  readonly times?: number;
  readonly fault: CallStrike | ErrorAnswer;
}

/** Who calls what. */
export interface Call {
  readonly service: ServiceName;
  readonly operation: string;
  readonly accessKeyId: string | undefined;
  /** Where a function calls: its name. */
  readonly functionName?: string | undefined;
}

/** Where a call stands among those that match a fault. */
export interface Ordinals {
  /** The first is 1. */
  readonly matching: number;
  /** How often the fault struck before. */
  readonly struck: number;
}

export function matches(fault: CallFault, call: Call): boolean {
  if (fault.service !== undefined && fault.service !== call.service) return false;
  if (fault.operation !== undefined && fault.operation !== call.operation) return false;
  const { functionName, accessKeyId = '' } = call;
  if (functionName === undefined) return fault.caller === accessKeyId && !isKill(fault);
  const { caller = '' } = fault;
  return functionName.includes(caller) || accessKeyId.includes(caller);
}

function isKill({ fault }: CallFault): boolean {
  return fault === 'kill-before' || fault === 'kill-after';
}

/** `draw` is a number from 0 up to 1, for what is left to chance. */
export function strikes(fault: CallFault, { matching, struck }: Ordinals, draw: number): boolean {
  const { nth, every, chance, times = Number.POSITIVE_INFINITY } = fault;
  if (nth !== undefined) return matching >= nth && matching < nth + (fault.times ?? 1);
  if (struck >= times) return false;
  if (every !== undefined) return matching % every === 0;
  return chance === undefined || draw < chance;
}

/** Counts the calls that the faults of a plan match, and decides which they strike. */
export class CallFaults {
  readonly #seed: number;
  readonly #counted: readonly { readonly fault: CallFault; matching: number; struck: number }[];

  /** @throws LocalAwsError for a fault that could never be what was meant */
  constructor(faults: readonly CallFault[], seed = 1) {
    faults.forEach(assertCallFault);
    this.#seed = seed;
    this.#counted = faults.map((fault) => ({ fault, matching: 0, struck: 0 }));
  }

  get none(): boolean {
    return this.#counted.length === 0;
  }

  /** To be asked once of each call, in the order of their coming. */
  next(call: Call): CallFault['fault'] | undefined {
    let first: CallFault['fault'] | undefined;
    for (const [index, counted] of this.#counted.entries()) {
      if (!matches(counted.fault, call)) continue;
      counted.matching++;
      if (first !== undefined) continue;
      if (!strikes(counted.fault, counted, drawOf(this.#seed, index, String(counted.matching)))) continue;
      counted.struck++;
      first = counted.fault.fault;
    }
    return first;
  }
}

const FAULT: Rule = [
  (value) => STRIKES.some((strike) => strike === value) || isErrorAnswer(value),
  `one of ${STRIKES.join(', ')}, or a status from 400 to 599 with a code`,
];

const MEMBERS: Readonly<Record<Exclude<keyof CallFault, keyof Selection>, Rule>> = {
  caller: RULES.text,
  service: oneOf(SERVICES),
  operation: RULES.text,
  times: RULES.count,
  fault: FAULT,
};

function isErrorAnswer(value: unknown): boolean {
  const { status, code } = Object(value) as Partial<ErrorAnswer>;
  const isError = Number.isInteger(status) && Number(status) >= 400 && Number(status) <= 599;
  return isError && typeof code === 'string' && code !== '';
}

const NO_FUNCTION = /^LOCAL(USER|STATES|BEDROCK|CLOUDFORMATION)$/;

/** @throws LocalAwsError for a fault that could never be what was meant */
function assertCallFault(fault: CallFault): void {
  assertMembers(fault, MEMBERS, []);
  if (fault.fault === undefined) throw refused(fault, 'fault must be given');
  if (isKill(fault) && NO_FUNCTION.test(fault.caller ?? '')) {
    throw refused(fault, 'only functions can be killed');
  }
}
