export interface Identity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface ResourceType {
  /** The property that names the resource, if it has one. */
  readonly nameProperty?: string;
  readonly identify: (name: string, arn: ArnFormat) => Identity;
}

/** Most ARNs name the Region and the account, IAM's only the account, S3's neither. */
export type ArnFormat = (
  service: string,
  resource: string,
  scope?: 'regional' | 'account' | 'global',
) => string;

const named = (service: string, prefix: string, nameProperty: string): ResourceType => ({
  nameProperty,
  identify: (name, arn) => ({ ref: name, attributes: { Arn: arn(service, prefix + name) } }),
});

/** What has no part in a local run beyond being there: permissions, and where logs would go. */
const passive: ResourceType = { identify: (name) => ({ ref: name, attributes: {} }) };

export const resourceTypes: Readonly<Record<string, ResourceType>> = {
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
