import { randomUUID } from 'node:crypto';
import { ExecutionEnvironment, type Invocation } from './execution-environment.ts';
import type { FunctionConfig } from './function-config.ts';
import type { InvocationResult } from './invocation.ts';

export interface PoolOptions {
  /** For every function: endpoints and the like. */
  readonly variables: Readonly<Record<string, string>>;
  readonly onOutput: (functionName: string, text: string) => void;
  readonly temporaryRoot?: string;
  /** Threads of one function at a time; more events than that wait. */
  readonly threads: number;
}

/** The warm environments of one function, and the events that wait for one. */
export class Pool {
  readonly config: FunctionConfig;
  readonly #options: PoolOptions;
  readonly #idle: ExecutionEnvironment[] = [];
  readonly #all = new Map<string, ExecutionEnvironment>();
  readonly #queue: (() => void)[] = [];
  #running = 0;
  #stopped = false;

  constructor(config: FunctionConfig, options: PoolOptions) {
    this.config = config;
    this.#options = options;
  }

  async run(invocation: Invocation): Promise<InvocationResult> {
    await this.#enter();
    try {
      if (this.#stopped) return closed(this.config.name);
      return await this.#runIn(this.#warm() ?? this.#start(), invocation);
    } finally {
      this.#leave();
    }
  }

  thread(token: string): ExecutionEnvironment | undefined {
    return this.#all.get(token);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#all.values()].map((environment) => environment.stop()));
  }

  async #runIn(environment: ExecutionEnvironment, invocation: Invocation): Promise<InvocationResult> {
    const result = await environment.run(invocation);
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

  async #enter(): Promise<void> {
    if (this.#running < this.#options.threads) this.#running++;
    else await new Promise<void>((turn) => this.#queue.push(turn));
  }

  /** The next in line takes over the place of the one that leaves, so that nobody can come in between. */
  #leave(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#running--;
    else next();
  }

  #start(): ExecutionEnvironment {
    const { variables, temporaryRoot, onOutput } = this.#options;
    const started = new ExecutionEnvironment({
      ...{ token: randomUUID(), config: this.config, variables, temporaryRoot },
      onOutput: (text) => onOutput(this.config.name, text),
    });
    this.#all.set(started.token, started);
    return started;
  }
}

/** An event that arrives while the local AWS closes must not start a thread that nobody would stop. */
function closed(name: string): InvocationResult {
  const errorMessage = `The function ${name} is closed.`;
  return { functionError: 'Runtime.ExitError', payload: { errorType: 'Runtime.ExitError', errorMessage } };
}
