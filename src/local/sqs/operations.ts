import { createHash } from 'node:crypto';
import { SqsError } from './errors.ts';
import type { Message, MessageAttributes } from './message.ts';
import type { Queue } from './queue.ts';

/** A request's members, by name; each operation checks those it uses. */
export type Request = Readonly<Record<string, unknown>>;

export interface Service {
  /** @throws SqsError QueueDoesNotExist */
  queueNamed(name: string): Queue;
  urlOf(queue: Queue): string;
}

type Operation = (service: Service, request: Request) => Readonly<Record<string, unknown>>;

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  SendMessage: sendMessage,
  ReceiveMessage: receiveMessage,
  DeleteMessage: deleteMessage,
  GetQueueAttributes: getQueueAttributes,
  GetQueueUrl: (service, request) => ({
    QueueUrl: service.urlOf(service.queueNamed(textIn(request, 'QueueName'))),
  }),
};

function sendMessage(service: Service, request: Request) {
  refuse(request, 'DelaySeconds', 'MessageGroupId', 'MessageDeduplicationId', 'MessageSystemAttributes');
  const attributes = (request['MessageAttributes'] ?? {}) as MessageAttributes;
  if (Object.values(attributes).some(({ StringValue }) => typeof StringValue !== 'string')) {
    throw new SqsError(
      'UnsupportedOperation',
      'The local SQS keeps message attributes with a StringValue only.',
    );
  }
  const { id, body } = queueOf(service, request).send(textIn(request, 'MessageBody'), attributes);
  return { MessageId: id, MD5OfMessageBody: md5(body) };
}

function receiveMessage(service: Service, request: Request) {
  refuse(request, 'WaitTimeSeconds', 'ReceiveRequestAttemptId');
  const most = countIn(request, 'MaxNumberOfMessages', [1, 10]) ?? 1;
  const messages = queueOf(service, request).receive(
    most,
    countIn(request, 'VisibilityTimeout', [0, 43_200]),
  );
  const wantedAttributes = namesIn(request, 'MessageAttributeNames');
  const wantedSystem = [
    ...namesIn(request, 'AttributeNames'),
    ...namesIn(request, 'MessageSystemAttributeNames'),
  ];
  return { Messages: messages.map((message) => view(message, wantedAttributes, wantedSystem)) };
}

function view(message: Message, attributeNames: readonly string[], systemNames: readonly string[]) {
  const system = {
    SentTimestamp: String(message.sentTime),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceiveTime),
  };
  return {
    ...{ MessageId: message.id, ReceiptHandle: message.receiptHandle },
    ...{ Body: message.body, MD5OfBody: md5(message.body) },
    ...withNames('Attributes', system, systemNames),
    ...withNames('MessageAttributes', message.attributes, attributeNames),
  };
}

/** The members that were asked for by name or by `All`; where there are none, nothing. */
function withNames(member: string, all: Readonly<Record<string, unknown>>, names: readonly string[]) {
  const asked = Object.entries(all).filter(([name]) => names.includes(name) || names.includes('All'));
  return asked.length === 0 ? {} : { [member]: Object.fromEntries(asked) };
}

function deleteMessage(service: Service, request: Request) {
  queueOf(service, request).delete(textIn(request, 'ReceiptHandle'));
  return {};
}

function getQueueAttributes(service: Service, request: Request) {
  const queue = queueOf(service, request);
  const { visible, hidden } = queue.counts();
  const all = {
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(hidden),
    ApproximateNumberOfMessagesDelayed: '0',
    CreatedTimestamp: String(Math.floor(queue.createdTime / 1000)),
    VisibilityTimeout: String(queue.visibilityTimeoutSeconds),
    MessageRetentionPeriod: String(queue.retentionSeconds),
  };
  const names = namesIn(request, 'AttributeNames');
  const unknown = names.find((name) => name !== 'All' && !Object.hasOwn(all, name));
  if (unknown !== undefined) throw new SqsError('InvalidAttributeName', `Unknown Attribute ${unknown}.`);
  return withNames('Attributes', all, names);
}

/** The last segment of a queue's URL is its name, whatever host the URL was made for. */
function queueOf(service: Service, request: Request): Queue {
  return service.queueNamed(textIn(request, 'QueueUrl').split('/').at(-1) ?? '');
}

function refuse(request: Request, ...members: readonly string[]): void {
  const member = members.find((name) => request[name] !== undefined && request[name] !== 0);
  if (member !== undefined) {
    throw new SqsError('UnsupportedOperation', `The local SQS does not support ${member}.`);
  }
}

function textIn(request: Request, member: string): string {
  const value = request[member];
  if (typeof value === 'string') return value;
  throw new SqsError(
    'MissingRequiredParameterException',
    `The request must contain the parameter ${member}.`,
  );
}

function countIn(request: Request, member: string, [least, most]: readonly [number, number]) {
  const value = request[member];
  if (value === undefined) return undefined;
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) return Number(value);
  const reason = `Reason: Must be between ${least} and ${most}, if provided.`;
  throw new SqsError(
    'InvalidParameterValueException',
    `Value ${String(value)} for parameter ${member} is invalid. ${reason}`,
  );
}

function namesIn(request: Request, member: string): readonly string[] {
  const value = request[member] ?? [];
  if (Array.isArray(value)) return value.map(String);
  throw new SqsError('InvalidParameterValueException', `The parameter ${member} must be a list.`);
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
