import type { Surroundings } from './check-fields.ts';
import { checkNames, checkNumber, type Fields, isExpression, isFields, type Report } from './check-fields.ts';
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

export function checkTask(state: Fields, where: string, { anyResource, report }: Surroundings): void {
  const { Resource: resource, TimeoutSeconds: timeout, HeartbeatSeconds: heartbeat } = state;
  if (anyResource) checkResource(resource, where, report);
  else checkLambda(resource, where, report);
  if (LAMBDA_INVOKE.test(String(resource))) checkInvocation(state['Arguments'], where, report);
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
