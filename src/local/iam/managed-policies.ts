import { LocalAwsError } from '../local-aws-error.ts';

const LOGS = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];
const TRACES = [
  ...['xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'xray:GetSamplingRules'],
  ...['xray:GetSamplingTargets', 'xray:GetSamplingStatisticSummaries'],
];

/** By what follows `:iam::aws:policy/`, with all that they allow. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  'service-role/AWSLambdaBasicExecutionRole': LOGS,
  AWSXRayDaemonWriteAccess: TRACES,
};

/** @throws LocalAwsError for a policy of AWS's whose text is not known here */
export function managedPolicy(arn: string): unknown {
  const name = arn.slice(arn.indexOf(':policy/') + ':policy/'.length);
  const actions = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (actions === undefined)
    throw new LocalAwsError(`The local AWS does not know the managed policy ${arn}.`);
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] };
}
