import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { CallListener } from '../../src/local/faults/call-log.ts';
import type { FaultPlan } from '../../src/local/faults/plan.ts';
import type { Command, Message, ProcessOptions, Ready } from '../../src/local/process/protocol.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
const main = fileURLToPath(new URL('../../src/local/process/main.ts', import.meta.url));

export interface LocalProcessOptions extends Omit<ProcessOptions, 'clock' | 'tellCalls'> {
  /** How many seconds pass for each real one. */
  readonly speed?: number;
  readonly onCall?: CallListener;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;
type Answer = Extract<Message, { readonly done: true } | { readonly refused: string }>;

/** A local AWS that can be killed as a machine can lose its power, and started again on what it left behind. */
export class LocalProcess {
  #options: ProcessOptions;
  #onCall: CallListener | undefined;
  #running: Running | undefined;

  private constructor(options: ProcessOptions, onCall: CallListener | undefined) {
    this.#options = options;
    this.#onCall = onCall;
  }

  static async start({ speed, onCall, ...options }: LocalProcessOptions): Promise<LocalProcess> {
    const { assembly, directory } = options;
    const local = new LocalProcess(
      {
        ...options,
        assembly: { ...assembly, directory: resolve(assembly.directory) },
        directory: resolve(directory),
        ...(speed !== undefined && { clock: { factor: speed, since: Date.now() } }),
      },
      onCall,
    );
    await local.restart();
    return local;
  }

  get pid(): number {
    return this.#live.child.pid ?? 0;
  }

  get outputs(): Ready['outputs'] {
    return this.#live.ready.outputs;
  }

  /** Of the process that runs now: each has ports of its own. */
  get environment(): Ready['environment'] {
    return this.#live.ready.environment;
  }

  get logDirectory(): string {
    return this.#live.ready.logDirectory;
  }

  /** What any client of the SDK needs to talk to a service, by the SDK's name of it, e.g. `S3` or `SFN`. */
  settings(service: string) {
    const { AWS_REGION: region = '', [`AWS_ENDPOINT_URL_${service}`]: endpoint = '' } = this.environment;
    return { endpoint, region, credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' } };
  }

  /** Ends the process as it stands. Resolves when it is gone. */
  kill(): Promise<void> {
    return this.#end((child) => child.kill('SIGKILL'));
  }

  /** Lets it close its services. */
  async stop(): Promise<void> {
    if (this.#running === undefined) return;
    await this.#end((child) => child.stdin.end());
  }

  /** After a kill or a stop: on the same directory, with the options of the start and the last plan of faults, at other ports. */
  async restart(): Promise<void> {
    if (this.#running !== undefined) throw new Error('The local AWS is running already.');
    const tellCalls = this.#onCall !== undefined;
    this.#running = await Running.start({ ...this.#options, tellCalls }, (call) => this.#onCall?.(call));
  }

  /** Of the process that runs now and those that follow it. */
  async setFaults(plan: FaultPlan | undefined): Promise<void> {
    const { faults: _, ...services } = this.#options.services ?? {};
    this.#options = { ...this.#options, services: { ...services, ...(plan && { faults: plan }) } };
    await this.#live.command({ setFaults: plan ?? null });
  }

  async tellCalls(listener: CallListener | undefined): Promise<void> {
    this.#onCall = listener;
    await this.#live.command({ tellCalls: listener !== undefined });
  }

  get #live(): Running {
    if (this.#running === undefined) throw new Error('The local AWS is not running.');
    return this.#running;
  }

  async #end(how: (child: Child) => void): Promise<void> {
    const { child, exited } = this.#live;
    this.#running = undefined;
    how(child);
    await exited;
  }
}

/** One process from its start to its end. */
class Running {
  readonly child: Child;
  readonly exited: Promise<void>;
  readonly ready: Ready;
  readonly #answers: ((answer: Answer) => void)[];

  private constructor(started: Starting, ready: Ready) {
    this.child = started.child;
    this.exited = started.exited;
    this.#answers = started.answers;
    this.ready = ready;
  }

  static async start(options: ProcessOptions, onCall: CallListener): Promise<Running> {
    const starting = startProcess(onCall);
    starting.child.stdin.write(`${JSON.stringify(options)}\n`);
    return new Running(starting, await starting.ready);
  }

  async command(command: Command): Promise<void> {
    const answered = new Promise<Answer>((answer) => this.#answers.push(answer));
    this.child.stdin.write(`${JSON.stringify(command)}\n`);
    const ended = this.exited.then((): Answer => ({ refused: 'The local AWS has ended.' }));
    const answer = await Promise.race([answered, ended]);
    if ('refused' in answer) throw new Error(answer.refused);
  }
}

interface Starting {
  readonly child: Child;
  readonly exited: Promise<void>;
  readonly ready: Promise<Ready>;
  /** Who waits for an answer, in the order of the commands. */
  readonly answers: ((answer: Answer) => void)[];
}

function startProcess(onCall: CallListener): Starting {
  const child = spawn(process.execPath, ['--import', 'tsx', main], { cwd: project, stdio: 'pipe' });
  // What is written to a process that was killed is lost, as it should be.
  child.stdin.on('error', () => undefined);
  const exited = once(child, 'close').then(() => undefined);
  endWithParent(child);
  const answers: Starting['answers'] = [];
  const ready = new Promise<Ready>((up, failed) => {
    createInterface(child.stdout).on('line', (line) => {
      const message = JSON.parse(line) as Message;
      if ('ready' in message) up(message.ready);
      else if ('call' in message) onCall(message.call);
      else answers.shift()?.(message);
    });
    const errors = textOf(child.stderr);
    void exited.then(() => failed(new Error(`The local AWS ended:\n${errors()}`)));
  });
  return { child, exited, ready, answers };
}

/** Its end, for who asks why a process failed. */
function textOf(stream: Readable): () => string {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text = (text + chunk).slice(-65_536);
  });
  return () => text;
}

/** A parent that is killed itself cannot do this; then the child ends because its input does. */
function endWithParent(child: ChildProcess): void {
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.removeListener('exit', kill));
}
