import type { CreationNeed } from '../iam/permissions.ts';
import { structureIn } from './properties.ts';
import type { StackResource } from './stack-resource.ts';

/** What Lambda and Step Functions ask of a role before they create what runs as it, by the properties that make them ask. */
export function creationNeedsOf(resource: StackResource): readonly CreationNeed[] {
  switch (resource.type) {
    case 'AWS::Lambda::Function':
      return [...deadLetterNeeds(resource), ...tracingNeeds(resource)];
    case 'AWS::StepFunctions::StateMachine':
      return loggingNeeds(resource);
    default:
      return [];
  }
}

function deadLetterNeeds({ ref, properties }: StackResource): readonly CreationNeed[] {
  const target = structureIn(properties, 'DeadLetterConfig')?.['TargetArn'];
  if (target === undefined) return [];
  const need = {
    action: 'sqs:SendMessage',
    resource: String(target),
    refusal: cannotCall('SendMessage', 'SQS'),
  };
  return [{ ...runBy(ref, properties['Role'], ref), ...need }];
}

function tracingNeeds({ ref, properties }: StackResource): readonly CreationNeed[] {
  if (structureIn(properties, 'TracingConfig')?.['Mode'] !== 'Active') return [];
  return ['PutTraceSegments', 'PutTelemetryRecords'].map((operation) => ({
    ...runBy(ref, properties['Role'], ref),
    ...{ action: `xray:${operation}`, resource: '*', refusal: cannotCall(operation, 'XRAY') },
  }));
}

function cannotCall(operation: string, service: string): string {
  return `The provided execution role does not have permissions to call ${operation} on ${service}`;
}

/**
 * Step Functions makes the log delivery as the role. The page on logging to CloudWatch Logs lists these without saying which
 * of them is asked about when; two more in its list are for writing logs oneself, which a delivery does not.
 */
const LOG_DELIVERY = [
  ...['CreateLogDelivery', 'GetLogDelivery', 'UpdateLogDelivery', 'DeleteLogDelivery', 'ListLogDeliveries'],
  ...['PutResourcePolicy', 'DescribeResourcePolicies', 'DescribeLogGroups'],
];

function loggingNeeds({ ref, properties }: StackResource): readonly CreationNeed[] {
  const { Level = 'OFF' } = structureIn(properties, 'LoggingConfiguration') ?? {};
  if (Level === 'OFF') return [];
  const refusal = 'The state machine IAM Role is not authorized to access the Log Destination';
  return LOG_DELIVERY.map((operation) => ({
    ...runBy(ref, properties['RoleArn'], 'states'),
    ...{ action: `logs:${operation}`, resource: '*', refusal },
  }));
}

function runBy(created: string, role: unknown, session: string) {
  return { created, roleArn: String(role), session };
}
