import { resolveStack } from '../../src/local/template/resources.ts';
import expected from '../cases/permissions.json';
import { synthesized } from '../setup/assembly.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, unknown>>;
}

const all = <Item>(value: Item | readonly Item[]): readonly Item[] =>
  Array.isArray(value) ? value : [value as Item];

/** `Allow s3:PutObject on …/runs/* if {…}`, a line for each action and resource. */
function linesOf({ Effect, Action, Resource, Condition }: Statement, bucket: string): string[] {
  const condition = Condition === undefined ? '' : ` if ${JSON.stringify(Condition)}`;
  return all(Action).flatMap((action) =>
    all(Resource).map(
      (resource) =>
        `${Effect} ${action} on ${withoutHash(resource.replaceAll(bucket, 'BUCKET'))}${condition}`,
    ),
  );
}

/** Without the hash that CDK appends to the names of resources. */
const withoutHash = (name: string) => name.replace(/(?<=[a-z])[0-9A-F]{8}(?=$|:)/g, '');

/** By the roles' names. */
async function permissions(): Promise<Record<string, string[]>> {
  const account = { account: '123456789012', region: 'us-east-1', partition: 'aws' };
  const { resources, outputs } = resolveStack(await synthesized(), account);
  const roles: Record<string, string[]> = {};
  for (const { type, properties } of resources) {
    if (type !== 'AWS::IAM::Policy') continue;
    const { Statement } = properties['PolicyDocument'] as { readonly Statement: readonly Statement[] };
    for (const role of properties['Roles'] as readonly string[]) {
      const name = withoutHash(role.replace(/^[^-]+-/, ''));
      const lines = Statement.flatMap((statement) => linesOf(statement, outputs['bucketName'] ?? ''));
      roles[name] = [...(roles[name] ?? []), ...lines].sort();
    }
  }
  return roles;
}

// What each role may do, to the letter: a grant more is a leak, a grant less fails in an account, where no test sees it.
test('every role may do what its step does, and nothing else', async () => {
  expect(await permissions()).toEqual(expected);
});

test('the inference role trusts Bedrock for jobs of this account and Region alone', async () => {
  const account = { account: '123456789012', region: 'eu-west-1', partition: 'aws' };
  const { resources } = resolveStack(await synthesized(), account);
  const role = resources.find(
    ({ type, logicalId }) => type === 'AWS::IAM::Role' && logicalId.startsWith('InferenceRole'),
  );
  expect(role?.properties['AssumeRolePolicyDocument']).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: 'bedrock.amazonaws.com' },
        Condition: {
          StringEquals: { 'aws:SourceAccount': '123456789012' },
          ArnEquals: { 'aws:SourceArn': 'arn:aws:bedrock:eu-west-1:123456789012:model-invocation-job/*' },
        },
      },
    ],
  });
});
