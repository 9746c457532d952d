import type { Clock } from '../clock.ts';
import { type AsyncInvocation, invokeAsync, type QueueMessage } from './async-invocation.ts';
import { Concurrency } from './concurrency.ts';
import type { FunctionConfig } from './function-config.ts';
import type { InvocationResult } from './invocation.ts';
import { LambdaError } from './lambda-error.ts';
import { requestPayload } from './payload.ts';
import { Pool } from './pool.ts';
import { emptyRoot } from './temporary-directory.ts';

export interface FunctionsOptions {
  readonly functions: readonly FunctionConfig[];
  /** What Lambda itself sets for every function: Region, endpoints and the like; credentials are added for each. */
  readonly variables: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly onOutput: (functionName: string, text: string) => void;
  /** Threads of one function at a time; more events than that wait. Lambda has 1,000, a laptop has not. */
  readonly concurrency?: number;
  /** How many events all functions may be at, waiting ones included, before Lambda throttles; 1,000 as in a new account. */
  readonly accountConcurrency?: number;
  /**
   * A folder of their own for the directories that functions have instead of `/tmp`, emptied at the start. By default they are
   * among the machine's temporary files, and stay there when the process is killed.
   */
  readonly temporaryRoot?: string;
  /** Takes the events that functions failed at for good. */
  readonly sendToQueue?: (queueArn: string, message: QueueMessage, functionName: string) => void;
}

export interface Functions {
  /** By name, ARN or ARN with a version. @throws LambdaError where Lambda itself refuses */
  invoke(nameOrArn: string, payload: unknown): Promise<InvocationResult>;
  /**
   * As an event source does: tried three times, then sent to the function's queues. Resolves when that is over.
   * @throws LambdaError where Lambda would not take the event
   */
  invokeAsync(nameOrArn: string, payload: unknown): Promise<void>;
  /** What a thread is at, by the session token of its credentials; undefined for a token that is no living thread's. */
  running(environment: string): RunningThread | undefined;
  /** Ends a thread and with it its invocation, as Runtime.ExitError; resolves when it is dead. */
  kill(environment: string): Promise<void>;
  close(): Promise<void>;
}

export interface RunningThread {
  readonly functionName: string;
  /** Undefined between two invocations. */
  readonly invocationId: string | undefined;
}

/** @throws LocalAwsError for functions that Lambda would not create together */
export function createFunctions(options: FunctionsOptions): Functions {
  if (options.temporaryRoot !== undefined) emptyRoot(options.temporaryRoot);
  const service = new LambdaService(options);
  const stopping = new AbortController();
  const { clock, onOutput, sendToQueue = noQueues } = options;
  return {
    invoke: async (nameOrArn, payload) =>
      service.invoke(service.find(nameOrArn), requestPayload(payload, 'RequestResponse')),
    invokeAsync: async (nameOrArn, payload) => {
      const found = service.find(nameOrArn);
      const { config } = found.pool;
      const text = requestPayload(payload, 'Event');
      const invocation: AsyncInvocation = {
        ...{ config, payload, clock, sendToQueue, stopping: stopping.signal },
        run: () => service.invoke(found, text),
        say: (line) => onOutput(config.name, `${line}\n`),
      };
      await invokeAsync(invocation);
    },
    running: (environment) => service.running(environment),
    kill: async (environment) => service.poolWith(environment)?.thread(environment)?.kill(),
    close: async () => {
      stopping.abort();
      await service.stop();
    },
  };
}

function noQueues(): never {
  throw new Error('there are no queues');
}

/** A function, by the ARN that it was asked for. */
interface Found {
  readonly pool: Pool;
  readonly arn: string;
}

class LambdaService {
  readonly #pools: ReadonlyMap<string, Pool>;
  readonly #concurrency: Concurrency;

  constructor({ functions, concurrency: threads = 4, accountConcurrency, ...options }: FunctionsOptions) {
    this.#pools = new Map(
      functions.map((config) => [config.name, new Pool(config, { ...options, threads })]),
    );
    this.#concurrency = new Concurrency(functions, accountConcurrency);
  }

  /** There are no versions and no aliases, so `$LATEST` is all that may be asked for. */
  find(nameOrArn: string): Found {
    const [, name = '', qualifier] = /(?:^|:function:)([^:]+)(?::([^:]+))?$/.exec(nameOrArn) ?? [];
    const pool = this.#pools.get(name);
    if (pool === undefined || (qualifier ?? '$LATEST') !== '$LATEST') {
      throw new LambdaError('ResourceNotFoundException', `Function not found: ${nameOrArn}`);
    }
    return { pool, arn: qualifier === undefined ? pool.config.arn : `${pool.config.arn}:${qualifier}` };
  }

  async invoke({ pool, arn }: Found, payload: string): Promise<InvocationResult> {
    const leave = this.#concurrency.enter(pool.config);
    try {
      return await pool.run({ functionArn: arn, payload });
    } finally {
      leave();
    }
  }

  poolWith(token: string): Pool | undefined {
    return [...this.#pools.values()].find((pool) => pool.thread(token) !== undefined);
  }

  running(token: string): RunningThread | undefined {
    const pool = this.poolWith(token);
    const thread = pool?.thread(token);
    if (pool === undefined || !thread?.alive) return undefined;
    return { functionName: pool.config.name, invocationId: thread.invocationId };
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.stop()));
  }
}
