import { AccessDenied } from '../iam/access-denied.ts';
import { unsupportedArgument } from './check-task.ts';
import { StatesError } from './errors.ts';
import type { TaskHandler } from './options.ts';

/** The only version that a function has here. */
const LATEST = '$LATEST';

export interface FunctionFailure {
  readonly errorMessage?: string;
  readonly errorType?: string;
  readonly [more: string]: unknown;
}

/** Invokes a function by whatever `Arguments.FunctionName` holds: a name or an ARN, with or without `:$LATEST`. */
export type InvokeFunction = (
  functionName: string,
  payload: unknown,
  /** The state machine's; undefined where executions have none. */
  roleArn: string | undefined,
) => Promise<
  { readonly payload: unknown } | { readonly functionError: string; readonly payload: FunctionFailure }
>;

/** `lambda:invoke` with the optimized integration's result (page "Invoke an AWS Lambda function with Step Functions"). */
export function lambdaTaskHandler(invokeFunction: InvokeFunction, roleArn?: string): TaskHandler {
  return async ({ arguments: given }) => {
    const request = (given ?? {}) as Readonly<Record<string, unknown>>;
    const { FunctionName, Payload = {}, Qualifier = LATEST } = request;
    if (typeof FunctionName !== 'string') {
      throw new StatesError(
        'States.Runtime',
        'The Arguments of lambda:invoke must have a FunctionName that is a string.',
      );
    }
    assertDoneHere(request);
    if (Qualifier !== LATEST) throw notFound(`${FunctionName}:${Qualifier}`);
    const answer = await invokeFunction(FunctionName, Payload, roleArn).catch(serviceFailed);
    if ('functionError' in answer) throw functionFailed(answer.payload);
    return {
      ExecutedVersion: LATEST,
      Payload: answer.payload ?? null,
      SdkHttpMetadata: { HttpStatusCode: 200 },
      StatusCode: 200,
    };
  };
}

/** What an expression gave, a definition did not show. */
function assertDoneHere(request: Readonly<Record<string, unknown>>): void {
  const fault = unsupportedArgument(request);
  if (!fault) return;
  const cause = `Cannot invoke the function: ${fault.name} must ${fault.rule}, got ${JSON.stringify(fault.value)}.`;
  throw new StatesError('States.Runtime', cause);
}

/** Functions have no versions and no aliases here. */
function notFound(name: string): StatesError {
  return new StatesError('Lambda.ResourceNotFoundException', `Function not found: ${name}`);
}

function functionFailed(payload: FunctionFailure): StatesError {
  return new StatesError(payload.errorType ?? 'Lambda.Unknown', JSON.stringify(payload));
}

/** Errors of the Lambda service carry its prefix; anything else never reached the service. */
function serviceFailed(failure: unknown): never {
  if (failure instanceof AccessDenied) {
    throw new StatesError(
      'Lambda.AWSLambdaException',
      `${failure.message} (Service: Lambda, Status Code: 403)`,
    );
  }
  const { name = '', message = String(failure) } = failure instanceof Error ? failure : {};
  throw new StatesError(`Lambda.${name.endsWith('Exception') ? name : 'SdkClientException'}`, message);
}
