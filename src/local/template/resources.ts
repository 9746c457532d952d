import { LocalAwsError } from '../local-aws-error.ts';
import type { Assembly, TemplateResource } from './assembly.ts';
import { resolve, type Scope } from './intrinsics.ts';

export interface Account {
  readonly account: string;
  readonly region: string;
  readonly partition: string;
}

interface Identity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

interface ResourceType {
  /** The property that names the resource, if it has one. */
  readonly nameProperty?: string;
  readonly identify: (name: string, arn: ArnFormat) => Identity;
}

/** Most ARNs name the Region and the account, IAM's only the account, S3's neither. */
type ArnFormat = (service: string, resource: string, scope?: 'regional' | 'account' | 'global') => string;

const named = (service: string, prefix: string, nameProperty: string): ResourceType => ({
  nameProperty,
  identify: (name, arn) => ({ ref: name, attributes: { Arn: arn(service, prefix + name) } }),
});

/** What has no part in a local run beyond being there: permissions, and where logs would go. */
const passive: ResourceType = { identify: (name) => ({ ref: name, attributes: {} }) };

const resourceTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::S3::Bucket': {
    nameProperty: 'BucketName',
    identify: (name, arn) => {
      const ref = name.toLowerCase();
      return { ref, attributes: { Arn: arn('s3', ref, 'global') } };
    },
  },
  'AWS::DynamoDB::Table': named('dynamodb', 'table/', 'TableName'),
  'AWS::Lambda::Function': named('lambda', 'function:', 'FunctionName'),
  'AWS::Events::Rule': named('events', 'rule/', 'Name'),
  'AWS::Logs::LogGroup': named('logs', 'log-group:', 'LogGroupName'),
  'AWS::IAM::Role': {
    nameProperty: 'RoleName',
    identify: (name, arn) => ({ ref: name, attributes: { Arn: arn('iam', `role/${name}`, 'account') } }),
  },
  'AWS::StepFunctions::StateMachine': {
    nameProperty: 'StateMachineName',
    identify: (name, arn) => {
      const ref = arn('states', `stateMachine:${name}`);
      return { ref, attributes: { Arn: ref, Name: name } };
    },
  },
  'AWS::SQS::Queue': {
    nameProperty: 'QueueName',
    identify: (name, arn) => {
      const Arn = arn('sqs', name);
      const [, , , region, account] = Arn.split(':');
      // As AWS has it: the local SQS finds queues by the name at the end, whatever host the URL says.
      const ref = `https://sqs.${region}.amazonaws.com/${account}/${name}`;
      return { ref, attributes: { Arn, QueueName: name, QueueUrl: ref } };
    },
  },
  'AWS::CloudWatch::Alarm': named('cloudwatch', 'alarm:', 'AlarmName'),
  'AWS::SQS::QueuePolicy': passive,
  'AWS::Lambda::EventInvokeConfig': passive,
  'AWS::IAM::Policy': passive,
  'AWS::S3::BucketPolicy': passive,
  'AWS::Lambda::Permission': passive,
  'AWS::CDK::Metadata': passive,
};

export interface StackResource {
  readonly logicalId: string;
  readonly type: string;
  readonly ref: string;
  readonly arn: string | undefined;
  /** With every intrinsic function resolved. */
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface StackResources {
  readonly resources: readonly StackResource[];
  readonly outputs: Readonly<Record<string, string>>;
}

/** @throws Error for a resource type that the local AWS does not know: running without it would be running another stack. */
export function resolveStack({ template, stackName }: Assembly, account: Account): StackResources {
  const scope = new StackScope(template.Resources, stackName, account);
  const resources = Object.entries(template.Resources).map(([logicalId, { Type, Properties = {} }]) => ({
    logicalId,
    type: Type,
    ref: scope.ref(logicalId),
    arn: scope.identity(logicalId).attributes['Arn'],
    properties: resolve(Properties, scope) as Record<string, unknown>,
  }));
  const outputs = Object.entries(template.Outputs ?? {}).map(([name, { Value }]) => [
    name,
    String(resolve(Value, scope)),
  ]);
  return { resources, outputs: Object.fromEntries(outputs) };
}

class StackScope implements Scope {
  readonly #resources: Readonly<Record<string, TemplateResource>>;
  readonly #stackName: string;
  readonly #pseudo: Readonly<Record<string, string>>;
  readonly #arn: ArnFormat;

  constructor(resources: Readonly<Record<string, TemplateResource>>, stackName: string, account: Account) {
    this.#resources = resources;
    this.#stackName = stackName;
    this.#arn = (service, resource, scope = 'regional') => {
      const region = scope === 'regional' ? account.region : '';
      const owner = scope === 'global' ? '' : account.account;
      return `arn:${account.partition}:${service}:${region}:${owner}:${resource}`;
    };
    this.#pseudo = {
      'AWS::AccountId': account.account,
      'AWS::Region': account.region,
      'AWS::Partition': account.partition,
      'AWS::StackName': stackName,
      'AWS::URLSuffix': 'amazonaws.com',
    };
  }

  ref(name: string): string {
    return this.#pseudo[name] ?? this.identity(name).ref;
  }

  attribute(logicalId: string, attribute: string): string {
    const value = this.identity(logicalId).attributes[attribute];
    if (value === undefined)
      throw new LocalAwsError(`The local AWS does not know the attribute ${logicalId}.${attribute}.`);
    return value;
  }

  identity(logicalId: string): Identity {
    const resource = this.#resources[logicalId];
    if (resource === undefined)
      throw new LocalAwsError(`The template refers to ${logicalId}, which it does not have.`);
    const type = resourceTypes[resource.Type];
    if (type === undefined)
      throw new LocalAwsError(
        `The local AWS does not know the resource type ${resource.Type} of ${logicalId}.`,
      );
    const given = type.nameProperty && resource.Properties?.[type.nameProperty];
    const name =
      given === undefined || given === '' ? `${this.#stackName}-${logicalId}` : String(resolve(given, this));
    return type.identify(name, this.#arn);
  }
}
