import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ContextValues, contextOf } from '../../../src/local/iam/context.ts';
import { type Decision, evaluate } from '../../../src/local/iam/evaluate.ts';
import { compilePolicy, type PolicyKind } from '../../../src/local/iam/policy.ts';
import { PolicyError } from '../../../src/local/iam/policy-error.ts';
import type { Principal } from '../../../src/local/iam/principal.ts';

interface GivenPolicy {
  readonly kind: PolicyKind;
  readonly document: unknown;
}

interface Case {
  readonly rule: string;
  readonly policies: readonly GivenPolicy[];
  readonly request: {
    readonly action?: string;
    readonly resource?: string;
    readonly principal?: { readonly service: string };
    readonly context?: ContextValues;
  };
  readonly decision: Decision;
}

interface Refused {
  readonly rule: string;
  readonly policy: GivenPolicy;
  readonly error: string;
}

function casesIn<T>(name: string): readonly T[] {
  const file = join(__dirname, '../../cases/iam', `${name}.json`);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly T[] }).cases;
}

const role: Principal = {
  kind: 'role',
  account: '123456789012',
  roleArn: 'arn:aws:iam::123456789012:role/worker',
  sessionArn: 'arn:aws:sts::123456789012:assumed-role/worker/session',
};

const statementsOf = ({ kind, document }: GivenPolicy) => compilePolicy(kind, 'given', document);

function decide({ policies, request }: Case): Decision {
  const { action = 's3:GetObject', resource = 'arn:aws:s3:::data/runs/1.json', context = {} } = request;
  const principal: Principal = request.principal
    ? { kind: 'service', name: request.principal.service }
    : role;
  const asked = { principal, action, resource, context: contextOf(context) };
  return evaluate(asked, policies.flatMap(statementsOf)).decision;
}

describe.each(['elements', 'conditions', 'variables', 'principals'])('%s', (name) => {
  test.each(casesIn<Case>(name))('$rule', (given) => {
    expect(decide(given)).toBe(given.decision);
  });
});

test.each(casesIn<Refused>('refused'))('refused: $rule', ({ policy, error }) => {
  expect(() => statementsOf(policy)).toThrow(PolicyError);
  expect(() => statementsOf(policy)).toThrow(error);
});

test('an evaluation names the grant that allowed', () => {
  const document = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['s3:Put*', 's3:Get*'],
        Resource: ['arn:aws:s3:::other/*', 'arn:aws:s3:::data/*'],
      },
    ],
  };
  const asked = {
    principal: role,
    action: 's3:GetObject',
    resource: 'arn:aws:s3:::data/x',
    context: contextOf(),
  };
  const found = evaluate(asked, statementsOf({ kind: 'identity', document }));
  expect(found).toMatchObject({ decision: 'allowed', action: 's3:Get*', resource: 'arn:aws:s3:::data/*' });
});
