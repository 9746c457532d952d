// A local AWS in a process of its own, for whoever wants to kill it: it takes its options and commands from its standard
// input, a line of JSON each, answers on its standard output, and ends when its input does.
import { createInterface } from 'node:readline';
import { type Clock, realClock } from '../clock.ts';
import { type LocalAws, startLocalAws } from '../local-aws.ts';
import { readAssembly } from '../template/assembly.ts';
import type { ClockSpeed, Command, Message, ProcessOptions } from './protocol.ts';

/** How long the services may take to close before the process ends without them. */
const PATIENCE_MS = 10_000;

await main();
process.exit();

async function main(): Promise<void> {
  // Its parent may be gone in just the moment of an answer.
  process.stdout.on('error', () => process.exit(1));
  process.stdin.once('end', () => setTimeout(() => process.exit(1), PATIENCE_MS));
  let aws: LocalAws | undefined;
  for await (const line of createInterface(process.stdin)) {
    if (aws !== undefined) obey(aws, JSON.parse(line) as Command);
    else {
      aws = await start(JSON.parse(line) as ProcessOptions);
      const { outputs, environment, logDirectory } = aws;
      say({ ready: { outputs, environment, logDirectory } });
    }
  }
  await aws?.close();
}

async function start(options: ProcessOptions): Promise<LocalAws> {
  const { assembly, directory, clock, services, enforceIam = true, tellCalls } = options;
  const read = await readAssembly(assembly.directory, assembly.stackName);
  const { template = read.template } = assembly;
  return startLocalAws({
    ...services,
    assembly: { ...read, template },
    directory,
    enforceIam,
    ...(clock && { clock: steadyClock(clock) }),
    ...(tellCalls && { onCall: (call) => say({ call }) }),
  });
}

/** Time must not go back where the process is killed and started again, as it would if each start began to count. */
function steadyClock({ factor, since }: ClockSpeed): Clock {
  return {
    now: () => since + (realClock.now() - since) * factor,
    sleep: (ms, signal) => realClock.sleep(ms / factor, signal),
  };
}

function obey(aws: LocalAws, command: Command): void {
  try {
    if ('setFaults' in command) aws.setFaults(command.setFaults ?? undefined);
    else aws.tellCalls(command.tellCalls ? (call) => say({ call }) : undefined);
    say({ done: true });
  } catch (error) {
    say({ refused: (error as Error).message });
  }
}

function say(message: Message): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
