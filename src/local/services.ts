import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AnswerBackEnd } from './bedrock/answer-back-end.ts';
import { AnswerLedger, ledgerPath } from './bedrock/answer-ledger.ts';
import type { InvocationOptions } from './bedrock/invocation-faults.ts';
import { startBedrockRuntime } from './bedrock/runtime-server.ts';
import { startBedrock } from './bedrock/server.ts';
import { type Clock, realClock } from './clock.ts';
import { startDynamoDB } from './dynamodb/server.ts';
import { createEventBus, type EventBus } from './events/bus.ts';
import type { PutEvent } from './events/event.ts';
import type { CallListener } from './faults/call-log.ts';
import type { FaultPlan } from './faults/plan.ts';
import { Gate, type Threads } from './http/gate.ts';
import type { ServiceName } from './http/operation.ts';
import { Access } from './iam/access.ts';
import type { QueueMessage } from './lambda/async-invocation.ts';
import { createFunctions, type Functions } from './lambda/functions.ts';
import { startS3 } from './s3/server.ts';
import { startSecrets } from './secrets/server.ts';
import { ServiceFaults } from './service-faults.ts';
import { type SqsServer, startSqs } from './sqs/server.ts';
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
    /** How long what is told of a running job's records may be old. */
    readonly counterLagMs?: number;
    /** Who answers records, of jobs and on demand; the simulated one by default. */
    readonly backEnd?: AnswerBackEnd;
    /** Keeps a ledger in the directory of what was answered, for `readAnswers`. */
    readonly recordAnswers?: boolean;
  };
  /** What goes wrong with InvokeModel, and when. */
  readonly invocations?: InvocationOptions;
  /** What Secrets Manager keeps: texts by the names of the secrets. They are not written to the directory. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** What goes wrong from the start; `setFaults` changes it. */
  readonly faults?: FaultPlan;
  /** Told of each call of a function from the start; `tellCalls` changes who is. */
  readonly onCall?: CallListener;
}

export interface RunningServices extends Services {
  readonly environment: Readonly<Record<string, string>>;
  readonly logDirectory: string;
  readonly gate: Gate;
  readonly access: Access;
  /** Another plan of what goes wrong, in the services and on the way to them. */
  setFaults(plan: FaultPlan | undefined): void;
  /** Goes on with what the last process left unfinished; once the stack is deployed. */
  resume(): void;
}

interface Place extends Account {
  readonly clock: Clock;
  readonly gate: Gate;
  readonly access: Access;
}

/** Starts every service and adds it to `started`, so that it is closed whatever comes after. */
export async function startServices(
  account: Account,
  directory: string,
  options: ServiceOptions,
  started: Started,
): Promise<RunningServices> {
  // Services call each other in a circle that functions close, so those are bound when they are called.
  const bound: { functions?: Functions } = {};
  const { clock = realClock } = options;
  const access = new Access(account, clock);
  const gate = gateFor(bound, access, options);
  const place: Place = { ...account, clock, gate, access };
  const stores = await startStores(place, directory, options, started);
  const functions = (): Functions => deployed(bound.functions);
  const between = callsBetween(access, stores.sqs, functions);
  const bus = started.add(createEventBus({ ...place, ...between }));
  const faults = started.add(serviceFaults(place, directory, options, bus));
  const around = { s3Endpoint: stores.s3.url, functions, faults, directory };
  const workers = await startWorkers(place, options, started, around);
  const environment = endpoints(account.region, { ...stores, ...workers });
  const { logDirectory, onOutput } = functionLogs(directory);
  return {
    environment,
    logDirectory,
    gate,
    access,
    setFaults: (plan) => {
      gate.setFaults(plan);
      faults.set(plan);
    },
    createBucket: stores.s3.createBucket,
    createTable: stores.dynamodb.createTable,
    createQueue: stores.sqs.createQueue,
    createFunctions: (configs) => {
      const { sendToQueue } = between;
      const temporaryRoot = join(directory, 'tmp');
      const shared = { variables: environment, clock, onOutput, sendToQueue, temporaryRoot };
      bound.functions = started.add(createFunctions({ functions: configs, ...shared }));
      // Closed before the functions, so that no execution takes their end for a failure.
      started.add({ close: async () => workers.sfn.suspend() });
    },
    putRule: bus.putRule,
    createStateMachine: (machine) => void workers.sfn.createStateMachine(machine),
    resume: () => {
      workers.bedrock.resume();
      workers.sfn.resume();
    },
  };
}

/** Before the stack is deployed there are no threads that could call. */
function gateFor(
  bound: { readonly functions?: Functions },
  access: Access,
  { faults, onCall }: ServiceOptions,
): Gate {
  const threads: Threads = {
    running: (environment) => bound.functions?.running(environment),
    kill: async (environment) => bound.functions?.kill(environment),
  };
  const gate = new Gate(threads, (service) => access.before(service));
  gate.setFaults(faults);
  gate.tellCalls(onCall);
  return gate;
}

/** What services send each other on behalf of the stack's rules and functions, each as far as it may. */
function callsBetween(access: Access, sqs: SqsServer, functions: () => Functions) {
  const send = (arn: string, { body, attributes }: QueueMessage): void => sqs.send(arn, body, attributes);
  return {
    deliver: async (arn: string, event: unknown, ruleArn: string): Promise<void> => {
      access.assertDelivery(ruleArn, arn);
      return functions().invokeAsync(arn, event);
    },
    sendDeadLetter: (arn: string, letter: QueueMessage, ruleArn: string): void => {
      access.assertDeadLetter(ruleArn, arn);
      send(arn, letter);
    },
    sendToQueue: (arn: string, message: QueueMessage, functionName: string): void => {
      access.assertFailureSent(functionName, arn);
      send(arn, message);
    },
  };
}

/** The services that only keep things, by the names that the SDK's variables have for them. */
async function startStores(
  place: Place,
  directory: string,
  { secrets = {} }: ServiceOptions,
  started: Started,
) {
  const { clock, gate } = place;
  const before = (service: ServiceName) => ({ intercept: gate.before(service) });
  const folder = (name: string) => ({ directory: join(directory, name) });
  return {
    dynamodb: started.add(await startDynamoDB({ ...folder('dynamodb'), ...before('dynamodb') })),
    s3: started.add(await startS3({ ...folder('s3'), clock, ...before('s3') })),
    secrets_manager: started.add(await startSecrets({ ...place, secrets, ...before('secretsmanager') })),
    sqs: started.add(await startSqs({ ...place, ...folder('sqs'), ...before('sqs') })),
  };
}

interface Surroundings {
  readonly s3Endpoint: string;
  readonly faults: ServiceFaults;
  readonly functions: () => Functions;
  readonly directory: string;
}

/** The services that do something by themselves, by the same names. */
async function startWorkers(
  place: Place,
  { jobs = {}, invocations = {} }: ServiceOptions,
  started: Started,
  { s3Endpoint, functions, faults, directory }: Surroundings,
) {
  const { recordAnswers = false, ...pace } = jobs;
  const ledger = recordAnswers ? started.add(new AnswerLedger(ledgerPath(directory))) : undefined;
  const emit = (event: PutEvent): void => faults.events.put(event);
  const shared = { recordFaults: faults.records, ledger };
  const { clock, gate, access } = place;
  const before = (service: ServiceName) => ({ intercept: gate.before(service) });
  const answering = { clock, invocations, ...shared, ...(pace.backEnd && { backEnd: pace.backEnd }) };
  return {
    bedrock: started.add(
      await startBedrock({
        ...{ ...place, ...pace, ...shared, ...before('bedrock') },
        assumeRole: (job) => access.assertJob(job),
        ...{ s3Endpoint, emit, jobFaults: faults.jobs, directory: join(directory, 'bedrock') },
      }),
    ),
    bedrock_runtime: started.add(await startBedrockRuntime({ ...answering, ...before('bedrock-runtime') })),
    sfn: started.add(
      await startStates({
        ...place,
        ...before('states'),
        directory: join(directory, 'states'),
        s3Endpoint,
        invokeFunction: async (name, payload, roleArn) => {
          access.assertInvocation(roleArn ?? '', name);
          return functions().invoke(name, payload);
        },
        assertMapRun: (roleArn, machineArn) => access.assertMapRun(roleArn, machineArn),
        assertRedrive: (roleArn, machineArn) => access.assertRedrive(roleArn, machineArn),
        onStatusChange: (detail) => emit(executionEvent(detail)),
      }),
    ),
  };
}

function serviceFaults(
  { clock }: Place,
  directory: string,
  { faults: plan }: ServiceOptions,
  bus: EventBus,
): ServiceFaults {
  const put = (event: PutEvent) => void bus.put(event);
  return new ServiceFaults({ clock, directory: join(directory, 'bedrock'), put, plan });
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
