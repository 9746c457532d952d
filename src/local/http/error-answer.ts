import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { ErrorAnswer } from '../faults/call-faults.ts';
import { renderXml } from '../s3/xml.ts';
import type { ServiceName } from './operation.ts';

interface Answer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Answers with an error in the shape of the service's protocol. */
export function sendError(
  service: ServiceName,
  method: string | undefined,
  response: ServerResponse,
  { status, code, message = `The fault plan of the local AWS answers ${code}.` }: ErrorAnswer,
): void {
  const { headers, body } = shapes[service](code, message, status);
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(method === 'HEAD' ? undefined : body);
}

type Shape = (code: string, message: string, status: number) => Answer;

const xml: Shape = (Code, Message) => ({
  headers: { 'content-type': 'application/xml', 'x-amz-request-id': randomUUID() },
  body: renderXml(
    'Error',
    [
      ['Code', Code],
      ['Message', Message],
    ],
    '',
  ),
});

const json =
  (version: '1.0' | '1.1', namespace = '', queryError = false): Shape =>
  (code, message, status) => ({
    headers: {
      'content-type': `application/x-amz-json-${version}`,
      'x-amzn-requestid': randomUUID(),
      // SQS had another protocol before, and clients still know errors by its codes.
      ...(queryError && { 'x-amzn-query-error': `${code};${status < 500 ? 'Sender' : 'Receiver'}` }),
    },
    body: JSON.stringify({ __type: namespace + code, message }),
  });

const rest: Shape = (code, message) => ({
  headers: {
    'content-type': 'application/json',
    'x-amzn-requestid': randomUUID(),
    'x-amzn-errortype': code,
  },
  body: JSON.stringify({ message }),
});

const shapes: Readonly<Record<ServiceName, Shape>> = {
  s3: xml,
  dynamodb: json('1.0', 'com.amazonaws.dynamodb.v20120810#'),
  states: json('1.0'),
  sqs: json('1.0', 'com.amazonaws.sqs#', true),
  secretsmanager: json('1.1'),
  bedrock: rest,
  'bedrock-runtime': rest,
};
