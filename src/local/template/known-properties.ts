/**
 * What a template may say of its resources. Anything else is an error: a property that nothing here heeds would make the local run
 * another stack than the deployed one. Names are paths through objects and lists; `.*` is for what is free in form, such as policies.
 */
export interface KnownProperties {
  /** What has an effect here. */
  readonly heeded: readonly string[];
  /** What has no part in a local run: there is nothing to encrypt, to back up, to bill or to watch. */
  readonly inert: readonly string[];
  /** The only values that are run here as they are on AWS. */
  readonly values?: Readonly<Record<string, readonly unknown[]>>;
}

const below = (parent: string, ...names: readonly string[]): readonly string[] =>
  names.map((name) => `${parent}.${name}`);
const TAGS = below('Tags', 'Key', 'Value');
const throughput = (path: string): readonly string[] => [
  ...below(`${path}ProvisionedThroughput`, 'ReadCapacityUnits', 'WriteCapacityUnits'),
  ...below(`${path}OnDemandThroughput`, 'MaxReadRequestUnits', 'MaxWriteRequestUnits'),
  ...below(`${path}WarmThroughput`, 'ReadUnitsPerSecond', 'WriteUnitsPerSecond'),
  ...below(`${path}ContributorInsightsSpecification`, 'Enabled', 'Mode'),
];
const index = (path: string): readonly string[] => [
  ...below(path, 'IndexName', 'KeySchema.AttributeName', 'KeySchema.KeyType'),
  ...below(`${path}.Projection`, 'ProjectionType', 'NonKeyAttributes'),
];

const BUCKET: KnownProperties = {
  heeded: ['BucketName', 'VersioningConfiguration.Status'],
  inert: [
    ...below(
      'BucketEncryption.ServerSideEncryptionConfiguration',
      ...['BucketKeyEnabled', 'ServerSideEncryptionByDefault.SSEAlgorithm'],
      'ServerSideEncryptionByDefault.KMSMasterKeyID',
    ),
    // Of lifecycle rules those that end uploads nobody will complete; one that deletes objects is not known.
    ...below('LifecycleConfiguration.Rules', 'Id', 'Prefix', 'Status'),
    'LifecycleConfiguration.Rules.AbortIncompleteMultipartUpload.DaysAfterInitiation',
    ...below('LoggingConfiguration', 'DestinationBucketName', 'LogFilePrefix'),
    'OwnershipControls.Rules.ObjectOwnership',
    ...below('PublicAccessBlockConfiguration', 'BlockPublicAcls', 'BlockPublicPolicy'),
    ...below('PublicAccessBlockConfiguration', 'IgnorePublicAcls', 'RestrictPublicBuckets'),
    ...TAGS,
  ],
  values: {
    'VersioningConfiguration.Status': ['Enabled', 'Suspended'],
    'OwnershipControls.Rules.ObjectOwnership': ['BucketOwnerEnforced'],
  },
};

const TABLE: KnownProperties = {
  heeded: [
    ...['TableName', 'KeySchema.AttributeName', 'KeySchema.KeyType', 'BillingMode'],
    ...below('AttributeDefinitions', 'AttributeName', 'AttributeType'),
    ...[...index('GlobalSecondaryIndexes'), ...index('LocalSecondaryIndexes')],
  ],
  inert: [
    ...[...throughput(''), ...throughput('GlobalSecondaryIndexes.')],
    // DynamoDB deletes what has expired within days, so nothing may count on its being gone.
    ...below('TimeToLiveSpecification', 'AttributeName', 'Enabled'),
    ...below('SSESpecification', 'SSEEnabled', 'SSEType', 'KMSMasterKeyId'),
    ...below('PointInTimeRecoverySpecification', 'PointInTimeRecoveryEnabled', 'RecoveryPeriodInDays'),
    ...['DeletionProtectionEnabled', 'TableClass', ...TAGS],
  ],
  values: { BillingMode: ['PAY_PER_REQUEST', 'PROVISIONED'] },
};

const FUNCTION: KnownProperties = {
  heeded: [
    ...['FunctionName', 'Code.S3Key', 'Handler', 'Runtime', 'Role', 'MemorySize', 'Timeout'],
    ...['Environment.Variables.*', 'EphemeralStorage.Size', 'ReservedConcurrentExecutions'],
    ...['DeadLetterConfig.TargetArn', 'LoggingConfig.LogGroup'],
  ],
  inert: [
    // What is bundled JavaScript runs on either architecture.
    ...['Code.S3Bucket', 'Description', 'Architectures', 'TracingConfig.Mode', 'KmsKeyArn', ...TAGS],
    ...['LoggingConfig.LogFormat', 'PackageType'],
  ],
  values: {
    // The latest runtime has no callbacks, so the ones before it would run other functions.
    Runtime: ['nodejs24.x'],
    Architectures: ['arm64', 'x86_64'],
    PackageType: ['Zip'],
    'LoggingConfig.LogFormat': ['Text'],
  },
};

const STATE_MACHINE: KnownProperties = {
  heeded: ['DefinitionString', 'RoleArn', 'StateMachineName'],
  inert: [
    ...['StateMachineType', 'TracingConfiguration.Enabled', ...TAGS],
    ...below('LoggingConfiguration', 'IncludeExecutionData', 'Level'),
    'LoggingConfiguration.Destinations.CloudWatchLogsLogGroup.LogGroupArn',
  ],
  values: { StateMachineType: ['STANDARD'] },
};

const RULE: KnownProperties = {
  heeded: [
    ...['Name', 'EventPattern.*', 'ScheduleExpression', 'State'],
    ...below('Targets', 'Id', 'Arn', 'Input', 'InputPath', 'DeadLetterConfig.Arn'),
    ...below('Targets.InputTransformer', 'InputPathsMap.*', 'InputTemplate'),
    ...below('Targets.RetryPolicy', 'MaximumRetryAttempts', 'MaximumEventAgeInSeconds'),
  ],
  inert: ['Description', ...TAGS],
  values: { State: ['ENABLED', 'DISABLED'] },
};

/** No metrics are gathered here, so no alarm can ring. */
const ALARM: KnownProperties = {
  heeded: ['AlarmName'],
  inert: [
    ...['ActionsEnabled', 'AlarmActions', 'AlarmDescription', 'ComparisonOperator', 'DatapointsToAlarm'],
    ...['EvaluateLowSampleCountPercentile', 'EvaluationPeriods', 'ExtendedStatistic', 'MetricName'],
    ...['InsufficientDataActions', 'Namespace', 'OKActions', 'Period', 'Statistic', 'Threshold'],
    ...['ThresholdMetricId', 'TreatMissingData', 'Unit', 'Metrics.*', ...TAGS],
    ...below('Dimensions', 'Name', 'Value'),
  ],
};

export const knownProperties: Readonly<Record<string, KnownProperties>> = {
  'AWS::S3::Bucket': BUCKET,
  'AWS::S3::BucketPolicy': { heeded: ['Bucket', 'PolicyDocument.*'], inert: [] },
  'AWS::DynamoDB::Table': TABLE,
  'AWS::IAM::Role': {
    heeded: [
      ...['AssumeRolePolicyDocument.*', 'ManagedPolicyArns', 'RoleName'],
      ...['Policies.PolicyName', 'Policies.PolicyDocument.*'],
    ],
    inert: ['Description', 'MaxSessionDuration', ...TAGS],
  },
  'AWS::IAM::Policy': { heeded: ['PolicyDocument.*', 'PolicyName', 'Roles'], inert: [] },
  'AWS::Lambda::Function': FUNCTION,
  'AWS::Lambda::EventInvokeConfig': {
    heeded: [
      ...['FunctionName', 'Qualifier', 'MaximumRetryAttempts', 'MaximumEventAgeInSeconds'],
      'DestinationConfig.OnFailure.Destination',
    ],
    inert: [],
    values: { Qualifier: ['$LATEST'] },
  },
  'AWS::Lambda::Permission': {
    heeded: ['Action', 'FunctionName', 'Principal', 'SourceArn', 'SourceAccount'],
    inert: [],
  },
  'AWS::Logs::LogGroup': {
    heeded: ['LogGroupName'],
    inert: ['KmsKeyId', 'LogGroupClass', 'RetentionInDays', ...TAGS],
  },
  'AWS::StepFunctions::StateMachine': STATE_MACHINE,
  'AWS::SQS::Queue': {
    heeded: ['QueueName', 'VisibilityTimeout', 'MessageRetentionPeriod'],
    inert: ['SqsManagedSseEnabled', 'KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds', ...TAGS],
  },
  'AWS::SQS::QueuePolicy': { heeded: ['Queues', 'PolicyDocument.*'], inert: [] },
  'AWS::CloudWatch::Alarm': ALARM,
  'AWS::Events::Rule': RULE,
  'AWS::CDK::Metadata': { heeded: [], inert: ['Analytics'] },
};
