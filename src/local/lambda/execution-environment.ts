import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { environmentVariables } from './environment-variables.ts';
import type { FunctionConfig } from './function-config.ts';
import {
  crashed,
  type Death,
  exited,
  exitedWith,
  outOfMemory,
  outOfStorage,
  timedOut,
} from './function-error.ts';
import type { FunctionError, InvocationResult } from './invocation.ts';
import { MAX_RESPONSE_BYTES } from './payload.ts';
import { TemporaryDirectory } from './temporary-directory.ts';

export interface EnvironmentOptions {
  /** The session token of its credentials, by which its calls are known. */
  readonly token: string;
  readonly config: FunctionConfig;
  /** For every function: endpoints and the like. */
  readonly variables: Readonly<Record<string, string>>;
  /** Where its directory for temporary files is made; the machine's own place for them by default. */
  readonly temporaryRoot?: string | undefined;
  readonly onOutput: (text: string) => void;
}

/** An event, and the function by the ARN that it was invoked by. */
export interface Invocation {
  readonly functionArn: string;
  /** JSON. */
  readonly payload: string;
}

interface Waiting {
  readonly requestId: string;
  readonly settle: (result: InvocationResult) => void;
}

/** From the thread, see `worker.mjs`. */
type Message =
  | { readonly ready: true }
  | { readonly exceeded: 'memory' }
  | { readonly fatal: FunctionError }
  | { readonly requestId: string; readonly payload: string }
  | { readonly requestId: string; readonly error: FunctionError };

const workerFile = fileURLToPath(new URL('./worker.mjs', import.meta.url));

/** What Lambda gives the code outside of the handler before it counts its time as the first event's. */
const INIT_MS = 10_000;
const LOOK_AT_STORAGE_MS = 500;
/** CloudFormation's own default. */
const STORAGE_MB = 512;

/** One thread of a function: it answers one event at a time and is reused until it dies, as Lambda's environments are. */
export class ExecutionEnvironment {
  readonly token: string;
  readonly #config: FunctionConfig;
  readonly #worker: Worker;
  readonly #storage: TemporaryDirectory;
  readonly #ready = new AbortController();
  #waiting: Waiting | undefined;
  #alive = true;
  /** What it died of. */
  #death: Death | undefined;

  constructor({ token, config, variables, temporaryRoot, onOutput }: EnvironmentOptions) {
    this.token = token;
    this.#config = config;
    const { name, memoryMb, storageMb = STORAGE_MB } = config;
    this.#storage = new TemporaryDirectory(name, storageMb, temporaryRoot);
    const { directory, handler } = config;
    this.#worker = new Worker(workerFile, {
      workerData: { directory, handler, memoryMb, maxResponseBytes: MAX_RESPONSE_BYTES },
      env: environmentVariables({
        ...{ config, token, shared: variables },
        ...{ temporaryDirectory: this.#storage.path, logStream: 'local' },
      }),
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
      ...{ stdout: true, stderr: true, execArgv: [] },
    });
    this.#worker.stdout.on('data', (chunk: Buffer) => onOutput(chunk.toString()));
    this.#worker.stderr.on('data', (chunk: Buffer) => onOutput(chunk.toString()));
    this.#worker.on('message', (message: Message) => this.#hear(message));
    this.#worker.on('error', (error: NodeJS.ErrnoException) => void this.#die(crashed(error)));
    this.#worker.on('exit', (code) => void this.#die(exitedWith(code)));
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
  async run(invocation: Invocation): Promise<InvocationResult> {
    const requestId = randomUUID();
    const over = new AbortController();
    try {
      return await new Promise<InvocationResult>((settle) => {
        this.#waiting = { requestId, settle };
        void this.#start(invocation, requestId, over.signal);
      });
    } finally {
      over.abort();
    }
  }

  async stop(): Promise<void> {
    this.#alive = false;
    await this.#worker.terminate();
    await this.#storage.remove();
  }

  async #start({ functionArn, payload }: Invocation, requestId: string, over: AbortSignal): Promise<void> {
    await this.#initialized(over);
    if (over.aborted) return;
    const { timeoutSeconds } = this.#config;
    const timer = setTimeout(() => void this.#die(timedOut(timeoutSeconds)), timeoutSeconds * 1000);
    const looking = setInterval(() => void this.#lookAtStorage(), LOOK_AT_STORAGE_MS);
    over.addEventListener('abort', () => {
      clearTimeout(timer);
      clearInterval(looking);
    });
    const deadline = Date.now() + timeoutSeconds * 1000;
    this.#worker.postMessage({ requestId, functionArn, payload, deadline });
  }

  /** Resolves when the code is loaded, or has taken too long: then the rest of it is the first event's. */
  async #initialized(over: AbortSignal): Promise<void> {
    if (this.#ready.signal.aborted) return;
    const late = AbortSignal.timeout(INIT_MS);
    await once(AbortSignal.any([this.#ready.signal, late, over]), 'abort');
  }

  async #lookAtStorage(): Promise<void> {
    if (await this.#storage.isOverfull()) await this.#die(outOfStorage);
  }

  #hear(message: Message): void {
    if ('ready' in message) this.#ready.abort();
    else if ('exceeded' in message) void this.#die(outOfMemory);
    else if ('fatal' in message) void this.#die(() => message.fatal);
    else if (message.requestId === this.#waiting?.requestId && this.#death === undefined) {
      this.#settle('error' in message ? failed(message.error) : { payload: JSON.parse(message.payload) });
    }
  }

  #settle(result: InvocationResult): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.settle(result);
  }

  /** The first reason counts. Nobody hears of it while the thread could still do something. */
  async #die(death: Death): Promise<void> {
    this.#alive = false;
    this.#death ??= death;
    await this.#worker.terminate();
    await this.#storage.remove();
    this.#settle(failed(this.#death(this.invocationId)));
  }
}

function failed(error: FunctionError): InvocationResult {
  return { functionError: error.errorType, payload: error };
}
