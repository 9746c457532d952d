import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startBedrock } from './bedrock/server.ts';
import { type Clock, realClock } from './clock.ts';
import { lockDirectory } from './directory-lock.ts';
import { startDynamoDB } from './dynamodb/server.ts';
import { createEventBus } from './events/bus.ts';
import type { PutEvent } from './events/event.ts';
import { createFunctions, type Functions } from './lambda/functions.ts';
import { startS3 } from './s3/server.ts';
import { startSecrets } from './secrets/server.ts';
import { startStates } from './states/server.ts';
import type { Assembly } from './template/assembly.ts';
import { deploy, type Services } from './template/deploy.ts';
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
  /** What Secrets Manager keeps: texts by the names of the secrets. They are not written to the directory. */
  readonly secrets?: Readonly<Record<string, string>>;
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
export async function startLocalAws({ assembly, directory, ...options }: LocalAwsOptions): Promise<LocalAws> {
  const stack = resolveStack(assembly, account);
  const started = new Started();
  try {
    started.add({ close: (await lockDirectory(directory)).release });
    const services = await startServices(directory, options, started);
    await deploy(stack, assembly, services);
    const credentials = { AWS_ACCESS_KEY_ID: 'LOCALUSER', AWS_SECRET_ACCESS_KEY: 'local' };
    return {
      outputs: stack.outputs,
      environment: { ...services.environment, ...credentials },
      logDirectory: services.logDirectory,
      close: () => started.close(),
    };
  } catch (error) {
    await started.close();
    throw error;
  }
}

interface Closable {
  close(): Promise<void>;
}

/** What runs, to be closed in the reverse order. */
class Started {
  readonly #running: Closable[] = [];

  add<Service extends Closable>(service: Service): Service {
    this.#running.push(service);
    return service;
  }

  async close(): Promise<void> {
    for (const service of this.#running.splice(0).reverse()) await service.close();
  }
}

interface RunningServices extends Services {
  readonly environment: Readonly<Record<string, string>>;
  readonly logDirectory: string;
}

async function startServices(
  directory: string,
  { clock = realClock, jobs, secrets = {} }: Pick<LocalAwsOptions, 'clock' | 'jobs' | 'secrets'>,
  started: Started,
): Promise<RunningServices> {
  const place = { ...account, clock };
  const logDirectory = join(directory, 'logs');
  mkdirSync(logDirectory, { recursive: true });
  // Services call each other in a circle that functions close, so those are bound when they are called.
  const bound: { functions?: Functions } = {};
  const dynamodb = started.add(await startDynamoDB({ directory: join(directory, 'dynamodb') }));
  const s3 = started.add(await startS3({ directory: join(directory, 's3'), clock }));
  const secretsManager = started.add(await startSecrets({ ...place, secrets }));
  const deliver = (arn: string, event: unknown) => deployed(bound.functions).invokeAsync(arn, event);
  const bus = started.add(createEventBus({ ...place, deliver }));
  const emit = (event: PutEvent) => void bus.put(event);
  const bedrock = started.add(await startBedrock({ ...place, ...jobs, s3Endpoint: s3.url, emit }));
  const states = started.add(
    await startStates({
      ...place,
      s3Endpoint: s3.url,
      invokeFunction: (name, payload) => deployed(bound.functions).invoke(name, payload),
      onStatusChange: (detail) => emit(executionEvent(detail)),
    }),
  );
  const environment = endpoints({
    S3: s3.url,
    DYNAMODB: dynamodb.url,
    BEDROCK: bedrock.url,
    SFN: states.url,
    SECRETS_MANAGER: secretsManager.url,
  });
  const onOutput = (name: string, text: string) =>
    appendFileSync(join(logDirectory, `${logName(name)}.log`), text);
  return {
    environment,
    logDirectory,
    createBucket: s3.createBucket,
    createTable: dynamodb.createTable,
    createFunctions: (functions) => {
      bound.functions = started.add(createFunctions({ functions, variables: environment, clock, onOutput }));
    },
    putRule: bus.putRule,
    createStateMachine: (machine) => void states.createStateMachine(machine),
  };
}

function deployed(functions: Functions | undefined): Functions {
  if (functions === undefined) throw new Error('A function was called before the stack was deployed.');
  return functions;
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
