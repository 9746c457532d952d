import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import { type Endpoint, listen, readBody } from '../http/listen.ts';
import { SqsError } from './errors.ts';
import { OPERATIONS, type Request, type Service } from './operations.ts';
import { type MessageAttributes, Queue, type QueueDefinition } from './queue.ts';

export interface SqsOptions {
  readonly clock: Clock;
  readonly account: string;
  readonly port?: number;
}

export interface SqsServer extends Endpoint {
  /** Idempotent by name: a queue that is there keeps its messages. */
  createQueue(definition: QueueDefinition): void;
  /** What a service sends to a queue of the stack. @throws Error when there is no queue of this ARN. */
  send(queueArn: string, body: string, attributes?: MessageAttributes): void;
}

/** SQS on loopback: awsJson1.0, as `@aws-sdk/client-sqs` speaks it. Messages live as long as the server. */
export async function startSqs({ clock, account, port }: SqsOptions): Promise<SqsServer> {
  const queues = new Map<string, Queue>();
  const queueNamed = (name: string): Queue => {
    const queue = queues.get(name);
    if (queue === undefined) throw new SqsError('QueueDoesNotExist', 'The specified queue does not exist.');
    return queue;
  };
  const service: Service = { queueNamed, urlOf: ({ name }) => `${endpoint.url}/${account}/${name}` };
  const endpoint = await listen((request, response) => void answer(service, request, response), port);
  return {
    ...endpoint,
    createQueue: (definition) => {
      if (!queues.has(definition.name)) queues.set(definition.name, new Queue(definition, clock));
    },
    send: (queueArn, body, attributes) => {
      const queue = queueNamed(queueArn.split(':').at(-1) ?? '');
      if (queue.arn !== queueArn) throw new SqsError('QueueDoesNotExist', `There is no queue ${queueArn}.`);
      queue.send(body, attributes);
    },
  };
}

async function answer(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    send(response, 200, await perform(service, request));
  } catch (error) {
    const { name, message } = error as Error;
    if (error instanceof SqsError) {
      response.setHeader('x-amzn-query-error', error.queryError);
      send(response, 400, { __type: `com.amazonaws.sqs#${name}`, message });
    } else send(response, 500, { __type: 'InternalFailure', message });
  }
}

async function perform(service: Service, request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request);
  const [prefix, name = ''] = String(request.headers['x-amz-target']).split('.');
  const operation = prefix === 'AmazonSQS' && Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
  if (operation === undefined) {
    throw new SqsError('UnsupportedOperation', `The operation ${name} is not available locally.`);
  }
  return operation(service, parse(body));
}

function parse(body: Buffer): Request {
  try {
    return JSON.parse(body.toString() || '{}') as Request;
  } catch (error) {
    throw new SqsError('InvalidParameterValueException', (error as Error).message);
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
}
