import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { operationOf, type ServiceName } from '../../../src/local/http/operation.ts';
import type { Need } from '../../../src/local/iam/actions/need.ts';
import { needsOfCall } from '../../../src/local/iam/actions/needs-of-call.ts';

interface Case {
  readonly rule: string;
  readonly service: ServiceName;
  /** Method and path. */
  readonly request: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Null for an operation that is denied because nobody knows what it needs. */
  readonly needs: readonly Need[] | null;
}

const cases = JSON.parse(
  readFileSync(join(__dirname, '../../cases/iam/needs.json'), 'utf8'),
) as readonly Case[];

const machine = 'arn:aws:states:us-east-1:123456789012:stateMachine:run';
const place = {
  account: { account: '123456789012', region: 'us-east-1', partition: 'aws' },
  stateMachines: [machine, `${machine}/Map`],
};

test.each(cases)('$service: $rule', ({ service, request, headers = {}, body = {}, needs }) => {
  const [method, url = ''] = request.split(' ');
  const operation = operationOf(service, { method, url, headers });
  expect(needsOfCall(service, { operation, url, headers, body }, place) ?? null).toEqual(needs);
});
