import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AnswerBackEnd } from './bedrock/answer-back-end.ts';
import type { InvocationOptions } from './bedrock/invocation-faults.ts';
import { startBedrockRuntime } from './bedrock/runtime-server.ts';
import { startBedrock } from './bedrock/server.ts';
import { type Clock, realClock } from './clock.ts';
import { startDynamoDB } from './dynamodb/server.ts';
import { createEventBus, type EventBus } from './events/bus.ts';
import type { EventBridgeEvent, PutEvent } from './events/event.ts';
import type { QueueMessage } from './lambda/async-invocation.ts';
import { createFunctions, type Functions } from './lambda/functions.ts';
import { startS3 } from './s3/server.ts';
import { startSecrets } from './secrets/server.ts';
import { startSqs } from './sqs/server.ts';
import type { Started } from './started.ts';
import { startStates } from './states/server.ts';
import type { Services } from './template/deploy.ts';
import type { Account } from './template/resources.ts';

export interface ServiceOptions {
  readonly clock?: Clock;
  /** How a batch inference job runs: the least milliseconds in each status, and how fast records are answered. */
  readonly jobs?: {
    readonly stepMs?: number;
    readonly recordsPerSecond?: number;
    readonly maxJobsPerModel?: number;
    /** Who answers records, of jobs and on demand; the simulated one by default. */
    readonly backEnd?: AnswerBackEnd;
    /** How often the event of a job's status is delivered: 0 when it is lost, 1 by default. Bedrock promises neither. */
    readonly eventCopies?: (event: EventBridgeEvent) => number;
  };
  /** What goes wrong with InvokeModel, and when. */
  readonly invocations?: InvocationOptions;
  /** What Secrets Manager keeps: texts by the names of the secrets. They are not written to the directory. */
  readonly secrets?: Readonly<Record<string, string>>;
}

export interface RunningServices extends Services {
  readonly environment: Readonly<Record<string, string>>;
  readonly logDirectory: string;
}

interface Place extends Account {
  readonly clock: Clock;
}

/** Starts every service and adds it to `started`, so that it is closed whatever comes after. */
export async function startServices(
  account: Account,
  directory: string,
  options: ServiceOptions,
  started: Started,
): Promise<RunningServices> {
  const place: Place = { ...account, clock: options.clock ?? realClock };
  const stores = await startStores(place, directory, options, started);
  // Services call each other in a circle that functions close, so those are bound when they are called.
  const bound: { functions?: Functions } = {};
  const functions = (): Functions => deployed(bound.functions);
  const sendToQueue = (arn: string, { body, attributes }: QueueMessage): void =>
    stores.sqs.send(arn, body, attributes);
  const deliver = (arn: string, event: unknown) => functions().invokeAsync(arn, event);
  const bus = started.add(createEventBus({ ...place, deliver, sendDeadLetter: sendToQueue }));
  const workers = await startWorkers(place, options, started, { s3Endpoint: stores.s3.url, bus, functions });
  const environment = endpoints(account.region, { ...stores, ...workers });
  const { logDirectory, onOutput } = functionLogs(directory);
  return {
    environment,
    logDirectory,
    createBucket: stores.s3.createBucket,
    createTable: stores.dynamodb.createTable,
    createQueue: stores.sqs.createQueue,
    createFunctions: (configs) => {
      const shared = { variables: environment, clock: place.clock, onOutput, sendToQueue };
      bound.functions = started.add(createFunctions({ functions: configs, ...shared }));
    },
    putRule: bus.putRule,
    createStateMachine: (machine) => void workers.sfn.createStateMachine(machine),
  };
}

/** The services that only keep things, by the names that the SDK's variables have for them. */
async function startStores(
  place: Place,
  directory: string,
  { secrets = {} }: ServiceOptions,
  started: Started,
) {
  const { clock } = place;
  return {
    dynamodb: started.add(await startDynamoDB({ directory: join(directory, 'dynamodb') })),
    s3: started.add(await startS3({ directory: join(directory, 's3'), clock })),
    secrets_manager: started.add(await startSecrets({ ...place, secrets })),
    sqs: started.add(await startSqs(place)),
  };
}

interface Surroundings {
  readonly s3Endpoint: string;
  readonly bus: EventBus;
  readonly functions: () => Functions;
}

/** The services that do something by themselves, by the same names. */
async function startWorkers(
  place: Place,
  { jobs = {}, invocations = {} }: ServiceOptions,
  started: Started,
  { s3Endpoint, bus, functions }: Surroundings,
) {
  const { eventCopies = () => 1, ...pace } = jobs;
  const emit = (event: EventBridgeEvent): void => {
    for (let copies = eventCopies(event); copies > 0; copies--) bus.put(event);
  };
  const { clock } = place;
  return {
    bedrock: started.add(await startBedrock({ ...place, ...pace, s3Endpoint, emit })),
    bedrock_runtime: started.add(
      await startBedrockRuntime({ clock, invocations, ...(pace.backEnd && { backEnd: pace.backEnd }) }),
    ),
    sfn: started.add(
      await startStates({
        ...place,
        s3Endpoint,
        invokeFunction: (name, payload) => functions().invoke(name, payload),
        onStatusChange: (detail) => void bus.put(executionEvent(detail)),
      }),
    ),
  };
}

function deployed(functions: Functions | undefined): Functions {
  if (functions === undefined) throw new Error('A function was called before the stack was deployed.');
  return functions;
}

type Endpoints = Readonly<Record<string, { readonly url: string }>>;

function endpoints(region: string, services: Endpoints): Record<string, string> {
  const variables = Object.entries(services).map(([service, { url }]) => [
    `AWS_ENDPOINT_URL_${service.toUpperCase()}`,
    url,
  ]);
  return {
    ...Object.fromEntries(variables),
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    // Functions run on whatever Node.js this is, and the SDK's warning about an old one is not theirs to heed.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
}

function functionLogs(directory: string) {
  const logDirectory = join(directory, 'logs');
  mkdirSync(logDirectory, { recursive: true });
  const fileOf = (name: string) => join(logDirectory, `${name.replace(/[^\w-]/g, '_')}.log`);
  return { logDirectory, onOutput: (name: string, text: string) => appendFileSync(fileOf(name), text) };
}

function executionEvent(detail: { readonly executionArn: string }): PutEvent {
  return {
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    resources: [detail.executionArn],
    detail: { ...detail },
  };
}
