import type { IncomingMessage, ServerResponse } from 'node:http';
import { S3Client } from '@aws-sdk/client-s3';
import type { Clock } from '../clock.ts';
import { listen, readBody } from '../http/listen.ts';
import { ApiError } from './api/api-error.ts';
import { Executions, type StateMachine } from './api/executions.ts';
import { OPERATIONS, type Request, type Service } from './api/operations.ts';
import type { StatusChangeDetail } from './api/status-change.ts';
import { checkDefinition } from './check-definition.ts';
import { type InvokeFunction, lambdaTaskHandler } from './lambda-task.ts';
import { seededRandom, uuidFrom } from './random.ts';
import { s3Datasets } from './s3-datasets.ts';
import { TaskTokens } from './task-tokens.ts';

export interface StatesOptions {
  readonly clock: Clock;
  readonly port?: number;
  readonly region: string;
  readonly account: string;
  readonly s3Endpoint: string;
  readonly invokeFunction: InvokeFunction;
  /** Called for parent executions, when they start and when they end. */
  readonly onStatusChange?: (detail: StatusChangeDetail) => void;
  /** Makes names, tokens and `$random` repeat from run to run. */
  readonly seed?: number;
}

export interface StatesServer {
  readonly url: string;
  /** Throws InvalidDefinition for what AWS would refuse or what does not run here. */
  createStateMachine(machine: {
    readonly name: string;
    readonly definition: unknown;
    readonly roleArn: string;
  }): { readonly arn: string };
  /** Stops every execution, waits for it to end and frees the port. */
  close(): Promise<void>;
}

/** Step Functions on loopback: awsJson1.0, as `@aws-sdk/client-sfn` speaks it. */
export async function startStates(options: StatesOptions): Promise<StatesServer> {
  const { clock, region, account, invokeFunction, onStatusChange = () => undefined, seed } = options;
  const random = seed === undefined ? Math.random : seededRandom(seed);
  const tokens = new TaskTokens(clock, random);
  const machines = new Map<string, StateMachine>();
  const s3 = localS3(options);
  const collaborators = {
    ...{ clock, random, newTaskToken: () => tokens.open(), invoke: lambdaTaskHandler(invokeFunction) },
    ...s3Datasets(s3),
  };
  const executions = await Executions.open({ collaborators, onStatusChange });
  const service = { machines, executions, tokens, newName: () => uuidFrom(random) };
  const endpoint = await listen((request, response) => void answer(service, request, response), options.port);
  return {
    url: endpoint.url,
    createStateMachine: ({ name, definition, roleArn }) => {
      const arn = `arn:aws:states:${region}:${account}:stateMachine:${name}`;
      machines.set(arn, {
        arn,
        name,
        roleArn,
        definition: checkDefinition(definition),
        createdTime: clock.now(),
      });
      return { arn };
    },
    close: async () => {
      await executions.close();
      s3.destroy();
      await endpoint.close();
    },
  };
}

function localS3({ s3Endpoint, region }: StatesOptions): S3Client {
  const credentials = { accessKeyId: 'LOCALSTATES', secretAccessKey: 'x' };
  return new S3Client({ endpoint: s3Endpoint, region, credentials, forcePathStyle: true });
}

async function answer(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    send(response, 200, await perform(service, request));
  } catch (error) {
    const { name, message } = error as Error;
    if (error instanceof ApiError) send(response, 400, { __type: name, message });
    else send(response, 500, { __type: 'InternalFailure', message });
  }
}

async function perform(service: Service, request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request);
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
