import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type BedrockServer, startBedrock } from './bedrock/server.ts';
import { type Clock, realClock } from './clock.ts';
import { lockDirectory } from './directory-lock.ts';
import { startDynamoDB } from './dynamodb/server.ts';
import { createEventBus, type EventBus } from './events/bus.ts';
import type { PutEvent } from './events/event.ts';
import { createFunctions, type Functions } from './lambda/functions.ts';
import { startS3 } from './s3/server.ts';
import { startStates } from './states/server.ts';
import type { Assembly } from './template/assembly.ts';
import { deploy } from './template/deploy.ts';
import { type Account, resolveStack } from './template/resources.ts';

export interface LocalAwsOptions {
  readonly assembly: Assembly;
  /** Where its state lies and survives it. One process at a time. */
  readonly directory: string;
  readonly clock?: Clock;
  /** How a batch inference job runs: the least milliseconds in each status, and how fast records are answered. */
  readonly jobs?: {
    readonly stepMs?: number;
    readonly recordsPerSecond?: number;
    readonly maxJobsPerModel?: number;
  };
}

export interface LocalAws {
  readonly outputs: Readonly<Record<string, string>>;
  /** The environment for any AWS SDK or the AWS CLI to talk to it. */
  readonly environment: Readonly<Record<string, string>>;
  /** What the functions wrote, a file each. */
  readonly logDirectory: string;
  close(): Promise<void>;
}

const account: Account = { account: '123456789012', region: 'us-east-1', partition: 'aws' };

/** Starts the services on loopback and in them what a synthesized template describes, from the template alone. */
export async function startLocalAws({
  assembly,
  directory,
  clock = realClock,
  jobs,
}: LocalAwsOptions): Promise<LocalAws> {
  const stack = resolveStack(assembly, account);
  const place = { ...account, clock };
  const closers: (() => Promise<void>)[] = [];
  const closing = <Service extends { close(): Promise<void> }>(service: Service): Service => {
    closers.unshift(() => service.close());
    return service;
  };
  const close = async () => {
    for (const closer of closers.splice(0)) await closer();
  };

  // Services call each other in circles, so a call is bound when it is made.
  const bound: { functions?: Functions; bus?: EventBus } = {};
  const functions = () => started(bound.functions, 'Lambda');
  const emit = (event: PutEvent) => void started(bound.bus, 'EventBridge').put(event);
  try {
    const lock = await lockDirectory(directory);
    closers.unshift(() => lock.release());
    const logDirectory = join(directory, 'logs');
    mkdirSync(logDirectory, { recursive: true });
    const dynamodb = closing(await startDynamoDB({ directory: join(directory, 'dynamodb') }));
    const s3 = closing(await startS3({ directory: join(directory, 's3'), clock }));
    bound.bus = closing(
      createEventBus({ ...place, deliver: (arn, event) => functions().invokeAsync(arn, event) }),
    );
    const bedrock: BedrockServer = closing(
      await startBedrock({ ...place, ...jobs, s3Endpoint: s3.url, emit }),
    );
    const states = closing(
      await startStates({
        ...place,
        s3Endpoint: s3.url,
        invokeFunction: (name, payload) => functions().invoke(name, payload),
        onStatusChange: (detail) => emit(executionEvent(detail)),
      }),
    );
    const environment = endpoints({
      S3: s3.url,
      DYNAMODB: dynamodb.url,
      BEDROCK: bedrock.url,
      SFN: states.url,
    });
    const onOutput = (name: string, text: string) =>
      appendFileSync(join(logDirectory, `${logName(name)}.log`), text);
    await deploy(stack, assembly, {
      createBucket: (name, options) => s3.createBucket(name, options),
      createTable: (definition) => dynamodb.createTable(definition),
      createFunctions: (configs) => {
        bound.functions = closing(
          createFunctions({ functions: configs, variables: environment, clock, onOutput }),
        );
      },
      putRule: (rule) => started(bound.bus, 'EventBridge').putRule(rule),
      createStateMachine: (machine) => void states.createStateMachine(machine),
    });
    const credentials = { AWS_ACCESS_KEY_ID: 'LOCALUSER', AWS_SECRET_ACCESS_KEY: 'local' };
    return { outputs: stack.outputs, environment: { ...environment, ...credentials }, logDirectory, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function started<Service>(service: Service | undefined, name: string): Service {
  if (service === undefined) throw new Error(`The local ${name} was called before it was started.`);
  return service;
}

function endpoints(urls: Readonly<Record<string, string>>): Record<string, string> {
  const variables = Object.entries(urls).map(([service, url]) => [`AWS_ENDPOINT_URL_${service}`, url]);
  return {
    ...Object.fromEntries(variables),
    AWS_REGION: account.region,
    AWS_DEFAULT_REGION: account.region,
    // Functions run on whatever Node.js this is, and the SDK's warning about an old one is not theirs to heed.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
}

const logName = (nameOrArn: string) =>
  nameOrArn
    .split(':')
    .at(-1)
    ?.replace(/[^\w-]/g, '_') ?? 'unknown';

function executionEvent(detail: { readonly executionArn: string }): PutEvent {
  return {
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    resources: [detail.executionArn],
    detail: { ...detail },
  };
}
