import type { Clock } from '../clock.ts';
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
}

export interface Functions {
  /** By name, ARN or ARN with a version. */
  invoke(nameOrArn: string, payload: unknown): Promise<InvocationResult>;
  /** As an event source does: tried three times, then given up and said so in the function's output. */
  invokeAsync(nameOrArn: string, payload: unknown): Promise<void>;
  close(): Promise<void>;
}

/** Lambda's limit of a synchronous invocation's payload. */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;
/** Lambda tries an asynchronous event again after one minute, then after two. */
const ASYNC_RETRY_MS = [60_000, 120_000];

export function createFunctions(options: FunctionsOptions): Functions {
  const pools = new Map(options.functions.map((config) => [config.name, new Pool(config, options)]));
  const stopping = new AbortController();
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
      for (const delay of [...ASYNC_RETRY_MS, undefined]) {
        const result = await poolOf(nameOrArn).run(payload);
        if (!('functionError' in result)) return;
        const next = delay === undefined ? 'given up' : `tried again in ${delay / 1000} s`;
        options.onOutput(nameOrArn, `The event failed and is ${next}: ${JSON.stringify(result.payload)}\n`);
        if (delay !== undefined) await options.clock.sleep(delay, stopping.signal);
      }
    },
    async close() {
      stopping.abort();
      await Promise.all([...pools.values()].map((pool) => pool.stop()));
    },
  };
}

/** The warm environments of one function, and the events that wait for one. */
class Pool {
  readonly #config: FunctionConfig;
  readonly #options: FunctionsOptions;
  readonly #idle: ExecutionEnvironment[] = [];
  readonly #all = new Set<ExecutionEnvironment>();
  readonly #queue: (() => void)[] = [];
  #running = 0;

  constructor(config: FunctionConfig, options: FunctionsOptions) {
    this.#config = config;
    this.#options = options;
  }

  async run(payload: unknown): Promise<InvocationResult> {
    if (JSON.stringify(payload).length > MAX_PAYLOAD_BYTES) {
      throw new Error(
        `Lambda.RequestTooLargeException: the payload must be smaller than ${MAX_PAYLOAD_BYTES} bytes.`,
      );
    }
    await this.#enter();
    const environment = this.#idle.pop() ?? this.#start();
    try {
      return await environment.run(payload);
    } finally {
      if (environment.alive) this.#idle.push(environment);
      else this.#all.delete(environment);
      this.#leave();
    }
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
    await Promise.all([...this.#all].map((environment) => environment.stop()));
  }

  #start(): ExecutionEnvironment {
    const { name, environment, memoryMb } = this.#config;
    const started = new ExecutionEnvironment({
      config: this.#config,
      handler: locateHandler(this.#config),
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
    this.#all.add(started);
    return started;
  }
}

/** The access key id says who is calling; nothing on loopback checks the secret. */
function credentialsOf(functionName: string): Record<string, string> {
  const AWS_ACCESS_KEY_ID = `LOCAL${functionName.replace(/[^A-Za-z0-9]/g, '')}`;
  return { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY: 'local' };
}
