import type { Surroundings } from './check-fields.ts';
import {
  checkNames,
  checkNumber,
  type Fields,
  isExpression,
  isFields,
  objectOf,
  type Report,
} from './check-fields.ts';
import { LAMBDA_INVOKE } from './definition.ts';
import { taskResource } from './resources.ts';

/** Page "Invoke an AWS Lambda function with Step Functions". */
const INVOKE_ARGUMENTS = [
  'FunctionName',
  'Payload',
  'InvocationType',
  'Qualifier',
  'ClientContext',
  'LogType',
];
const SECONDS = { least: 1, most: 99_999_999, expression: true };

/** What would change what an invocation does, and is not done here, by the values that change nothing. */
const WITHOUT_EFFECT: Readonly<Record<string, readonly unknown[]>> = {
  InvocationType: ['RequestResponse'],
  LogType: ['None'],
  ClientContext: [],
};

export function checkTask(state: Fields, where: string, { anyResource, report }: Surroundings): void {
  const { Resource: resource, TimeoutSeconds: timeout, HeartbeatSeconds: heartbeat } = state;
  if (anyResource) checkResource(resource, where, report);
  else checkLambda(resource, where, report);
  if (LAMBDA_INVOKE.test(String(resource))) checkInvocation(state['Arguments'], where, report);
  if (!anyResource) checkEffects(state['Arguments'], where, report);
  checkCredentials(state['Credentials'], where, anyResource, report);
  checkNumber(timeout, SECONDS, `TimeoutSeconds of ${where}`, report);
  checkNumber(heartbeat, SECONDS, `HeartbeatSeconds of ${where}`, report);
  if (typeof timeout === 'number' && typeof heartbeat === 'number' && heartbeat >= timeout) {
    report(`HeartbeatSeconds of ${where}`, `be less than TimeoutSeconds (${timeout})`, heartbeat);
  }
}

function checkResource(resource: unknown, where: string, report: Report): void {
  if (taskResource(resource) !== undefined) return;
  const rule = 'be the ARN of a service integration, a Lambda function or an activity';
  report(`Resource of ${where}`, rule, resource);
}

function checkLambda(resource: unknown, where: string, report: Report): void {
  if (LAMBDA_INVOKE.test(String(resource))) return;
  const rule = 'be arn:aws:states:::lambda:invoke or arn:aws:states:::lambda:invoke.waitForTaskToken';
  report(`Resource of ${where}`, rule, resource);
}

function checkEffects(given: unknown, where: string, report: Report): void {
  const fault = unsupportedArgument(isFields(given) ? given : {}, isExpression);
  if (fault) report(`${fault.name} of ${where}`, fault.rule, fault.value);
}

/** The first argument of an invocation that is not done here. */
export function unsupportedArgument(given: Fields, isUnknown = (_value: unknown) => false) {
  for (const [name, values] of Object.entries(WITHOUT_EFFECT)) {
    const value = given[name];
    if (value === undefined || values.includes(value) || isUnknown(value)) continue;
    const rule = values.length === 0 ? 'not be given, for the local AWS ignores it' : `be ${values.join()}`;
    return { name, rule, value };
  }
  return undefined;
}

function checkCredentials(given: unknown, where: string, anyResource: boolean, report: Report): void {
  if (given === undefined) return;
  const place = `Credentials of ${where}`;
  if (!anyResource) {
    report(place, 'not be given, for the local AWS has one account');
    return;
  }
  const credentials = objectOf(given, place, report);
  checkNames(credentials, ['RoleArn'], place, report);
  if (credentials['RoleArn'] === undefined) report(place, 'have a RoleArn');
}

/** What an expression makes of the arguments is known when it runs. */
function checkInvocation(given: unknown, where: string, report: Report): void {
  if (isExpression(given)) return;
  const place = `Arguments of ${where}`;
  if (!isFields(given)) {
    report(place, 'be an object or an expression', given ?? 'nothing');
    return;
  }
  checkNames(given, INVOKE_ARGUMENTS, place, report);
  if (given['FunctionName'] === undefined) report(place, 'have a FunctionName');
}
