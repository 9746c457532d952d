import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { type Intercept, listen, readBody } from '../http/listen.ts';
import { RoleClients } from '../s3/role-clients.ts';
import { ApiError } from './api/api-error.ts';
import { Executions } from './api/executions.ts';
import { OPERATIONS, type Request, type Service } from './api/operations.ts';
import { type StateMachineRequest, StateMachines } from './api/state-machines.ts';
import type { StatusChangeDetail } from './api/status-change.ts';
import { SteadyClock } from './journal/steady-clock.ts';
import { tokenSecret } from './journal/token-secret.ts';
import { type InvokeFunction, lambdaTaskHandler } from './lambda-task.ts';
import { type Random, seededRandom, uuidFrom } from './random.ts';
import { s3Datasets } from './s3-datasets.ts';
import { TaskTokens } from './task-tokens.ts';

export interface StatesOptions {
  readonly clock: Clock;
  readonly port?: number;
  readonly intercept?: Intercept;
  readonly region: string;
  readonly account: string;
  readonly s3Endpoint: string;
  readonly invokeFunction: InvokeFunction;
  /** Called before a Distributed Map starts children. @throws Error where the state machine's role may not */
  readonly assertMapRun?: (roleArn: string, stateMachineArn: string) => void;
  /** Called before a Map Run's children are redriven. @throws Error where the state machine's role may not */
  readonly assertRedrive?: (roleArn: string, mapMachineArn: string) => void;
  /** Called for parent executions, when they start and when they end. */
  readonly onStatusChange?: (detail: StatusChangeDetail) => void;
  /** Makes names, tokens and `$random` repeat from run to run. */
  readonly seed?: number;
  /** Where executions lie and survive the process; without it they end with the server. */
  readonly directory?: string;
}

export interface StatesServer {
  readonly url: string;
  /** Throws InvalidDefinition for what AWS would refuse or what does not run here. */
  createStateMachine(machine: StateMachineRequest): { readonly arn: string };
  /**
   * Goes on with the executions that ran when the last process on the directory ended. Once, after what they need has
   * been created: an execution without its state machine fails.
   */
  resume(): void;
  /** Leaves every execution as it is; before what they call is closed, for what fails then is no failure of theirs. */
  suspend(): void;
  /** Breaks off every execution and frees the port. In a directory they go on when it is started again. */
  close(): Promise<void>;
}

/** Step Functions on loopback: awsJson1.0, as `@aws-sdk/client-sfn` speaks it. */
export async function startStates(options: StatesOptions): Promise<StatesServer> {
  const clock = new SteadyClock(options.clock);
  const random = options.seed === undefined ? Math.random : seededRandom(options.seed);
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'local-states-')));
  const tokens = new TaskTokens(clock, random, tokenSecret(directory, random));
  const machines = new StateMachines({ ...options, directory });
  const s3 = localS3(options);
  const executions = await openExecutions(options, { directory, tokens, random, clock, s3 });
  clock.notBefore(executions.store.lastTime);
  const { resumed, resume } = resumption(options.directory !== undefined);
  const service = { machines, executions, tokens, clock, resumed, newName: () => uuidFrom(random) };
  const listener: RequestListener = (request, response) => void answer(service, request, response);
  const endpoint = await listen(listener, options.port, options.intercept);
  return {
    url: endpoint.url,
    createStateMachine: (machine) => machines.deploy(machine),
    resume: () => {
      executions.resume((arn) => machines.has(arn));
      resume();
    },
    suspend: () => executions.suspend(),
    close: async () => {
      const broken = await executions.close().catch((error: unknown) => error);
      s3.destroy();
      await endpoint.close();
      if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
      if (broken) throw broken;
    },
  };
}

interface Parts {
  readonly directory: string;
  readonly tokens: TaskTokens;
  readonly random: Random;
  readonly clock: Clock;
  readonly s3: RoleClients;
}

function openExecutions(options: StatesOptions, { s3, random, clock, ...kept }: Parts): Promise<Executions> {
  const { invokeFunction, assertMapRun, assertRedrive, onStatusChange = () => undefined } = options;
  const invoke = lambdaTaskHandler(invokeFunction);
  return Executions.open({
    ...kept,
    onStatusChange,
    collaborators: { clock, random, invoke, ...s3Datasets(s3.own) },
    assertMapRun,
    assertRedrive,
    callAs: (roleArn) => ({
      invoke: lambdaTaskHandler(invokeFunction, roleArn),
      ...s3Datasets(s3.as(roleArn)),
    }),
  });
}

/** Without a directory there is nothing to go on with, and nothing to wait for. */
function resumption(durable: boolean) {
  let resume: () => void = () => undefined;
  const resumed = new Promise<void>((resolve) => {
    resume = resolve;
  });
  if (!durable) resume();
  return { resumed, resume };
}

function localS3({ s3Endpoint: endpoint, region }: StatesOptions): RoleClients {
  return new RoleClients({ endpoint, region, accessKeyId: 'LOCALSTATES' });
}

async function answer(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    send(response, 200, await perform(service, request));
  } catch (error) {
    const { name, message } = error as Error;
    if (error instanceof ApiError) send(response, error.status, { __type: name, message });
    else send(response, 500, { __type: 'InternalFailure', message });
  }
}

async function perform(service: Service, request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request);
  service.executions.throwIfClosing();
  const [prefix, name = ''] = String(request.headers['x-amz-target']).split('.');
  const operation =
    prefix === 'AWSStepFunctions' && Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
  if (!operation)
    throw new ApiError('UnknownOperationException', `The operation ${name} is not available locally.`);
  return operation(service, parse(body));
}

function parse(body: Buffer): Request {
  try {
    return JSON.parse(body.toString() || '{}') as Request;
  } catch (error) {
    throw new ApiError('SerializationException', (error as Error).message);
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
}
