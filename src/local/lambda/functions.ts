import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { accessKeyOf } from './access-key.ts';
import { invokeAsync, type QueueMessage } from './async-invocation.ts';
import { ExecutionEnvironment } from './execution-environment.ts';
import { type FunctionConfig, locateHandler } from './function-config.ts';
import type { InvocationResult } from './invocation.ts';

export interface FunctionsOptions {
  readonly functions: readonly FunctionConfig[];
  /** What Lambda itself sets for every function: Region, endpoints and the like; credentials are added for each. */
  readonly variables: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly onOutput: (functionName: string, text: string) => void;
  /** Threads of one function at a time; more events than that wait. Lambda has 1,000, a laptop has not. */
  readonly concurrency?: number;
  /** Takes the events that functions failed at for good. */
  readonly sendToQueue?: (queueArn: string, message: QueueMessage, functionName: string) => void;
}

export interface Functions {
  /** By name, ARN or ARN with a version. */
  invoke(nameOrArn: string, payload: unknown): Promise<InvocationResult>;
  /** As an event source does: tried three times, then sent to the function's queues. Resolves when that is over. */
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

/** Lambda's limit of a synchronous invocation's payload. */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

export function createFunctions(options: FunctionsOptions): Functions {
  const { clock, onOutput, sendToQueue = noQueues } = options;
  const pools = new Map(options.functions.map((config) => [config.name, new Pool(config, options)]));
  const stopping = new AbortController();
  const poolWith = (token: string) => [...pools.values()].find((pool) => pool.thread(token) !== undefined);
  const poolOf = (nameOrArn: string): Pool => {
    const name = /:function:([^:]+)/.exec(nameOrArn)?.[1] ?? nameOrArn.split(':')[0] ?? '';
    const pool = pools.get(name);
    if (pool === undefined)
      throw new Error(`Lambda.ResourceNotFoundException: Function not found: ${nameOrArn}`);
    return pool;
  };
  return {
    invoke: async (nameOrArn, payload) => poolOf(nameOrArn).run(payload),
    async invokeAsync(nameOrArn, payload) {
      const pool = poolOf(nameOrArn);
      const { config } = pool;
      const say = (text: string): void => onOutput(config.name, `${text}\n`);
      const run = () => pool.run(payload);
      await invokeAsync({ config, payload, clock, stopping: stopping.signal, run, say, sendToQueue });
    },
    running(environment) {
      const pool = poolWith(environment);
      const thread = pool?.thread(environment);
      if (pool === undefined || !thread?.alive) return undefined;
      return { functionName: pool.config.name, invocationId: thread.invocationId };
    },
    kill: async (environment) => poolWith(environment)?.thread(environment)?.kill(),
    async close() {
      stopping.abort();
      await Promise.all([...pools.values()].map((pool) => pool.stop()));
    },
  };
}

function noQueues(): never {
  throw new Error('there are no queues');
}

/** The warm environments of one function, and the events that wait for one. */
class Pool {
  readonly config: FunctionConfig;
  readonly #options: FunctionsOptions;
  readonly #idle: ExecutionEnvironment[] = [];
  readonly #all = new Map<string, ExecutionEnvironment>();
  readonly #queue: (() => void)[] = [];
  #running = 0;
  #stopped = false;

  constructor(config: FunctionConfig, options: FunctionsOptions) {
    this.config = config;
    this.#options = options;
  }

  async run(payload: unknown): Promise<InvocationResult> {
    if (JSON.stringify(payload).length > MAX_PAYLOAD_BYTES) {
      throw new Error(
        `Lambda.RequestTooLargeException: the payload must be smaller than ${MAX_PAYLOAD_BYTES} bytes.`,
      );
    }
    await this.#enter();
    try {
      if (this.#stopped) return closed(this.config.name);
      return await this.#runIn(this.#warm() ?? this.#start(), payload);
    } finally {
      this.#leave();
    }
  }

  async #runIn(environment: ExecutionEnvironment, payload: unknown): Promise<InvocationResult> {
    const result = await environment.run(payload);
    if (environment.alive) this.#idle.push(environment);
    else this.#all.delete(environment.token);
    return result;
  }

  /** One that died between two events is not asked again. */
  #warm(): ExecutionEnvironment | undefined {
    for (;;) {
      const environment = this.#idle.pop();
      if (environment === undefined || environment.alive) return environment;
      this.#all.delete(environment.token);
    }
  }

  thread(token: string): ExecutionEnvironment | undefined {
    return this.#all.get(token);
  }

  async #enter(): Promise<void> {
    if (this.#running < (this.#options.concurrency ?? 4)) this.#running++;
    else await new Promise<void>((turn) => this.#queue.push(turn));
  }

  /** The next in line takes over the place of the one that leaves, so that nobody can come in between. */
  #leave(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#running--;
    else next();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#all.values()].map((environment) => environment.stop()));
  }

  #start(): ExecutionEnvironment {
    const { name, environment, memoryMb } = this.config;
    const started = new ExecutionEnvironment({
      token: randomUUID(),
      config: this.config,
      handler: locateHandler(this.config),
      variables: {
        ...this.#options.variables,
        ...environment,
        ...credentialsOf(name),
        AWS_LAMBDA_FUNCTION_NAME: name,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      },
      onOutput: (text) => this.#options.onOutput(name, text),
    });
    this.#all.set(started.token, started);
    return started;
  }
}

function credentialsOf(functionName: string): Record<string, string> {
  return { AWS_ACCESS_KEY_ID: accessKeyOf(functionName), AWS_SECRET_ACCESS_KEY: 'local' };
}

/** An event that arrives while the local AWS closes must not start a thread that nobody would stop. */
function closed(name: string): InvocationResult {
  const errorMessage = `The function ${name} is closed.`;
  return { functionError: 'Runtime.ExitError', payload: { errorType: 'Runtime.ExitError', errorMessage } };
}
