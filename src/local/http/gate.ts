import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { type Call, type CallFault, CallFaults, type CallStrike } from '../faults/call-faults.ts';
import { type CallListener, CallLog } from '../faults/call-log.ts';
import type { FaultPlan } from '../faults/plan.ts';
import { sendError } from './error-answer.ts';
import { accessKeyId, type Intercept, sessionToken } from './listen.ts';
import { operationOf, type ServiceName } from './operation.ts';
import { unheardResponse } from './unheard-response.ts';

/** A thread of a function, known by the session token of its credentials. */
export interface Threads {
  /** Undefined for a token that is no living thread's. */
  running(
    environment: string,
  ): { readonly functionName: string; readonly invocationId: string | undefined } | undefined;
  /** Resolves when the thread is dead. */
  kill(environment: string): Promise<void>;
}

interface Arrival extends Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly handler: RequestListener;
  readonly environment: string | undefined;
}

/** Stands before every endpoint: lets calls happen, or what a plan of faults has for them, and tells of them. */
export class Gate {
  readonly #threads: Threads;
  readonly #guard: (service: ServiceName) => Intercept;
  #faults: CallFaults | undefined;
  #log: CallLog | undefined;
  /** What a thread still sent while it was being killed must not be heard of. */
  readonly #killed = new Set<string>();

  /** The guard stands behind the faults: a call that is lost is not denied. */
  constructor(threads: Threads, guard: (service: ServiceName) => Intercept = () => (handler) => handler) {
    this.#threads = threads;
    this.#guard = guard;
  }

  /** Replaces the plan; all counting begins anew. @throws LocalAwsError for a fault that could never be what was meant */
  setFaults({ calls = [], seed }: FaultPlan = {}): void {
    const faults = new CallFaults(calls, seed);
    this.#faults = faults.none ? undefined : faults;
    this.#killed.clear();
  }

  /** Tells of every call of a function from now on, or of none any more. */
  tellCalls(listener: CallListener | undefined): void {
    this.#log = listener && new CallLog(listener);
  }

  before(service: ServiceName): Intercept {
    return (given) => {
      const handler = this.#guard(service)(given);
      return (request, response) => {
        if (this.#faults === undefined && this.#log === undefined) return handler(request, response);
        this.#pass(this.#arrival(service, request, response, handler));
      };
    };
  }

  #arrival(
    service: ServiceName,
    request: IncomingMessage,
    response: ServerResponse,
    handler: RequestListener,
  ): Arrival {
    const environment = sessionToken(request);
    return {
      ...{ request, response, handler, environment, service },
      operation: operationOf(service, request),
      accessKeyId: accessKeyId(request),
      functionName: environment && this.#threads.running(environment)?.functionName,
    };
  }

  #pass(arrival: Arrival): void {
    const { service, request, response, handler, environment } = arrival;
    if (environment !== undefined && this.#killed.has(environment)) {
      cut(request);
      return;
    }
    const fault = this.#faults?.next(arrival);
    this.#tell(arrival, fault);
    if (fault === undefined) handler(request, response);
    else if (typeof fault === 'object') {
      sendError(service, request.method, response, fault);
      // Read away, so that the connection can be used again.
      request.resume();
    } else if (fault.endsWith('-before')) this.#strike(fault, arrival);
    else {
      const unheard = unheardResponse(request, () => this.#strike(fault, arrival));
      handler(request, unheard);
    }
  }

  #strike(fault: CallStrike, { request, environment }: Arrival): void {
    if (environment === undefined || fault.startsWith('reset-')) {
      cut(request);
      return;
    }
    this.#killed.add(environment);
    // The function must not live to see its connection break.
    void this.#threads.kill(environment).then(() => cut(request));
  }

  #tell({ request, environment, ...call }: Arrival, fault: CallFault['fault'] | undefined): void {
    const running = environment === undefined ? undefined : this.#threads.running(environment);
    if (this.#log === undefined || environment === undefined || running === undefined) return;
    const { service, operation } = call;
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    this.#log.add({ ...running, service, operation, path, environment, fault });
  }
}

/** As a connection that breaks: the client is not told why. */
function cut(request: IncomingMessage): void {
  const { stream } = request as { readonly stream?: ServerHttp2Stream };
  if (stream !== undefined) stream.session?.destroy();
  // Not resetAndDestroy(): where the other side is gone, Node.js leaves the handle open and cannot exit any more.
  else request.socket.destroy();
}
