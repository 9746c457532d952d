import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { type Endpoint, type Intercept, listen, readBody } from '../http/listen.ts';
import { SqsError } from './errors.ts';
import type { MessageAttributes } from './message.ts';
import { OPERATIONS, type Request, type Service } from './operations.ts';
import { Queue, type QueueDefinition } from './queue.ts';

export interface SqsOptions {
  readonly clock: Clock;
  readonly account: string;
  readonly port?: number;
  readonly intercept?: Intercept;
  /** Where messages survive the process, one log a queue. */
  readonly directory?: string;
}

export interface SqsServer extends Endpoint {
  /** Idempotent by name: a queue that is there keeps its messages. */
  createQueue(definition: QueueDefinition): void;
  /** What a service sends to a queue of the stack. @throws Error when there is no queue of this ARN. */
  send(queueArn: string, body: string, attributes?: MessageAttributes): void;
}

/**
 * SQS on loopback: awsJson1.0, as `@aws-sdk/client-sqs` speaks it. Without a directory messages live as long as the
 * server.
 */
export async function startSqs(options: SqsOptions): Promise<SqsServer> {
  const { clock, account, port, directory, intercept } = options;
  const queues = new Map<string, Queue>();
  const queueNamed = (name: string): Queue => {
    const queue = queues.get(name);
    if (queue === undefined) throw new SqsError('QueueDoesNotExist', 'The specified queue does not exist.');
    return queue;
  };
  const service: Service = { queueNamed, urlOf: ({ name }) => `${endpoint.url}/${account}/${name}` };
  const listener: RequestListener = (request, response) => void answer(service, request, response);
  const endpoint = await listen(listener, port, intercept);
  return {
    url: endpoint.url,
    close: async () => {
      await endpoint.close();
      for (const queue of queues.values()) queue.close();
      queues.clear();
    },
    createQueue: (definition) => {
      const { name } = definition;
      if (queues.has(name)) return;
      const path = directory === undefined ? undefined : join(directory, `${name}.jsonl`);
      queues.set(name, new Queue(definition, { clock, path }));
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
