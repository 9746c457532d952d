import type { ServiceName } from '../http/operation.ts';
import type { CallFault } from './call-faults.ts';

/** One request of a function; another try of the SDK's is another one. */
export interface FunctionCall {
  readonly functionName: string;
  readonly service: ServiceName;
  readonly operation: string;
  /** The path of the request, without its query. */
  readonly path: string;
  /** The thread, by its session token. */
  readonly environment: string;
  /** Undefined between two invocations. */
  readonly invocationId: string | undefined;
  /** The first call of an invocation is 1. */
  readonly nthInInvocation: number;
  /** Among the calls of this function to this operation since the recording began, from 1: what `nth` of a fault means. */
  readonly nth: number;
  /** What befell it. */
  readonly fault?: CallFault['fault'] | undefined;
}

export type CallListener = (call: FunctionCall) => void;

/** Numbers the calls of functions and tells them, in the order of their coming. */
export class CallLog {
  readonly #tell: CallListener;
  readonly #sites = new Map<string, number>();
  /** One invocation a thread at a time, so memory is bounded by threads. */
  readonly #invocations = new Map<string, { readonly id: string | undefined; calls: number }>();

  constructor(tell: CallListener) {
    this.#tell = tell;
  }

  add(call: Omit<FunctionCall, 'nth' | 'nthInInvocation'>): void {
    const site = `${call.functionName} ${call.service} ${call.operation}`;
    const nth = (this.#sites.get(site) ?? 0) + 1;
    this.#sites.set(site, nth);
    this.#tell({ ...call, nth, nthInInvocation: this.#inInvocation(call) });
  }

  #inInvocation({
    environment,
    invocationId: id,
  }: Pick<FunctionCall, 'environment' | 'invocationId'>): number {
    const known = this.#invocations.get(environment);
    const invocation = known !== undefined && known.id === id ? known : { id, calls: 0 };
    this.#invocations.set(environment, invocation);
    invocation.calls++;
    return invocation.calls;
  }
}
