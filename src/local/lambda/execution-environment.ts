import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { FunctionConfig, HandlerLocation } from './function-config.ts';
import type { FunctionError, InvocationResult } from './invocation.ts';

export interface EnvironmentOptions {
  /** The session token of its credentials, by which its calls are known. */
  readonly token: string;
  readonly config: FunctionConfig;
  readonly handler: HandlerLocation;
  /** The whole environment of the function's process. */
  readonly variables: Readonly<Record<string, string>>;
  readonly onOutput: (text: string) => void;
}

interface Waiting {
  readonly requestId: string;
  readonly settle: (result: InvocationResult) => void;
}

const workerFile = fileURLToPath(new URL('./worker.mjs', import.meta.url));

/** One thread of a function: it answers one event at a time and is reused until it dies, as Lambda's environments are. */
export class ExecutionEnvironment {
  readonly token: string;
  readonly #config: FunctionConfig;
  readonly #worker: Worker;
  #waiting: Waiting | undefined;
  #alive = true;
  /** What it died of. */
  #cause: FunctionError | undefined;

  constructor({ token, config, handler, variables, onOutput }: EnvironmentOptions) {
    this.token = token;
    this.#config = config;
    const { name: functionName, arn: functionArn, memoryMb } = config;
    this.#worker = new Worker(workerFile, {
      workerData: { ...handler, functionName, functionArn, memoryMb },
      env: { ...variables, AWS_SESSION_TOKEN: token },
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
      stdout: true,
      stderr: true,
      execArgv: [],
    });
    this.#worker.stdout.on('data', (chunk: Buffer) => onOutput(chunk.toString()));
    this.#worker.stderr.on('data', (chunk: Buffer) => onOutput(chunk.toString()));
    this.#worker.on('message', (message: { requestId: string; payload?: string; error?: FunctionError }) => {
      if (message.requestId !== this.#waiting?.requestId || this.#cause !== undefined) return;
      this.#settle(
        message.error
          ? { functionError: message.error.errorType, payload: message.error }
          : { payload: JSON.parse(message.payload ?? 'null') },
      );
    });
    this.#worker.on('error', (error: NodeJS.ErrnoException) => void this.#die(crash(error)));
    this.#worker.on('exit', (code) => void this.#die(exited(`exit status ${code}`)));
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Of the event that it is at, if any. */
  get invocationId(): string | undefined {
    return this.#waiting?.requestId;
  }

  /** Ends the thread wherever it is, as a machine that breaks would; its invocation ends once it is dead. */
  async kill(): Promise<void> {
    await this.#die(exited('signal: killed'));
  }

  /** Runs one event; one that takes longer than the function's timeout ends the thread. */
  async run(payload: unknown): Promise<InvocationResult> {
    const requestId = randomUUID();
    const milliseconds = this.#config.timeoutSeconds * 1000;
    const late = () => void this.#die(timedOut(requestId, this.#config.timeoutSeconds));
    const timer = setTimeout(late, milliseconds);
    try {
      return await new Promise<InvocationResult>((settle) => {
        this.#waiting = { requestId, settle };
        this.#worker.postMessage({
          requestId,
          payload: JSON.stringify(payload),
          deadline: Date.now() + milliseconds,
        });
      });
    } finally {
      clearTimeout(timer);
    }
  }

  async stop(): Promise<void> {
    this.#alive = false;
    await this.#worker.terminate();
  }

  #settle(result: InvocationResult): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.settle(result);
  }

  /** The first reason counts. Nobody hears of it while the thread could still do something. */
  async #die(error: FunctionError): Promise<void> {
    this.#alive = false;
    this.#cause ??= error;
    await this.#worker.terminate();
    this.#settle({ functionError: this.#cause.errorType, payload: this.#cause });
  }
}

function timedOut(requestId: string, seconds: number): FunctionError {
  return {
    errorType: 'Sandbox.Timedout',
    errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`,
  };
}

function exited(how: string): FunctionError {
  return { errorType: 'Runtime.ExitError', errorMessage: `Runtime exited with error: ${how}` };
}

function crash(error: NodeJS.ErrnoException): FunctionError {
  if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') return exited('signal: killed (out of memory)');
  return { errorType: error.name, errorMessage: error.message, trace: String(error.stack).split('\n') };
}
