export interface Service {
  readonly name: string;
  /** From left to right: what starts things, what acts, and what is acted on. */
  readonly column: 0 | 1 | 2;
  readonly colour: string;
}

/** Also the order in which lines leave a box. */
const services = {
  stepFunctions: { name: 'Step Functions', column: 0, colour: '#cd2264' },
  eventBridge: { name: 'EventBridge', column: 0, colour: '#8250df' },
  lambda: { name: 'Lambda', column: 1, colour: '#d86613' },
  s3: { name: 'Amazon S3', column: 2, colour: '#3f8624' },
  dynamoDb: { name: 'DynamoDB', column: 2, colour: '#2e73b8' },
  sqs: { name: 'Amazon SQS', column: 2, colour: '#a9346b' },
  bedrock: { name: 'Amazon Bedrock', column: 2, colour: '#01796f' },
  iam: { name: 'IAM', column: 1, colour: '#b0303f' },
} as const satisfies Record<string, Service>;

export type ServiceKey = keyof typeof services;

export const serviceOf = (key: ServiceKey): Service => services[key];
export const serviceOrder = (key: ServiceKey) => Object.keys(services).indexOf(key);

export const drawnTypes: Readonly<Record<string, ServiceKey>> = {
  'AWS::StepFunctions::StateMachine': 'stepFunctions',
  'AWS::Events::Rule': 'eventBridge',
  'AWS::Lambda::Function': 'lambda',
  'AWS::S3::Bucket': 's3',
  'AWS::DynamoDB::Table': 'dynamoDb',
  'AWS::IAM::Role': 'iam',
  'AWS::SQS::Queue': 'sqs',
};

/** Policies and permissions become lines; logs and metadata would only hide the rest. */
export const undrawnTypes: ReadonlySet<string> = new Set([
  'AWS::CDK::Metadata',
  'AWS::CloudWatch::Alarm',
  'AWS::IAM::Policy',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::Permission',
  'AWS::Logs::LogGroup',
  'AWS::S3::BucketPolicy',
  'AWS::SQS::QueuePolicy',
]);

/** What a stack uses without creating it: named by the actions that its policies allow. */
export const usedItems: readonly {
  readonly actions: RegExp;
  readonly service: ServiceKey;
  readonly title: string;
}[] = [
  { actions: /^bedrock:\w+ModelInvocationJobs?$/, service: 'bedrock', title: 'Batch inference jobs' },
  { actions: /^bedrock:(InvokeModel|Converse)/, service: 'bedrock', title: 'Models' },
];

/** A line's words, in the order in which they are said. Actions of upkeep say nothing. */
export const verbs: readonly (readonly [RegExp, string])[] = [
  [/^s3:(Abort|ListMultipart)|^iam:GetRole|^states:(Describe|Redrive)/, ''],
  [/^lambda:Invoke/, 'invokes'],
  [/^s3:(Get|List|Head)|^dynamodb:(Get|BatchGet|Query|Scan)/, 'reads'],
  [/^s3:(Put|Delete)|^dynamodb:(Put|Update|Delete|BatchWrite|Transact)/, 'writes'],
  [/^bedrock:Create/, 'submits'],
  [/^bedrock:(Get|List)/, 'watches'],
  [/^states:StartExecution/, 'starts'],
  [/^(bedrock|states):Stop/, 'stops'],
  [/^bedrock:(InvokeModel|Converse)/, 'asks'],
  [/^states:SendTask/, 'answers tokens'],
  [/^iam:PassRole/, 'passes'],
  [/^sqs:Send/, 'leaves failed events'],
];

/** Who speaks in an event, and who a role trusts. */
export const eventSources: Readonly<Record<string, ServiceKey>> = {
  'aws.bedrock': 'bedrock',
  'aws.states': 'stepFunctions',
  'aws.s3': 's3',
};
export const principals: Readonly<Record<string, ServiceKey>> = { 'bedrock.amazonaws.com': 'bedrock' };
