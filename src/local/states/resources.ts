/** What a Task state calls, in the words of its events. */
export interface TaskResource {
  /** With what the types of its events begin. */
  readonly events: 'Task' | 'LambdaFunction' | 'Activity';
  /** Of a service integration, e.g. `lambda`, `dynamodb`, `aws-sdk:s3`. */
  readonly service?: string;
  /** The action with its pattern, e.g. `invoke.waitForTaskToken`; of a function or an activity the whole ARN. */
  readonly name: string;
  readonly pattern: 'response' | 'sync' | 'token';
}

const INTEGRATION = /^arn:aws[a-z-]*:states:::((?:aws-sdk:)?[A-Za-z0-9-]+):([A-Za-z0-9.:]+)$/;
const FUNCTION = /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+(?::[A-Za-z0-9$_-]+)?$/;
const ACTIVITY = /^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:activity:\S{1,80}$/;

/** Undefined for what is no resource of a task at all. */
export function taskResource(arn: unknown): TaskResource | undefined {
  if (typeof arn !== 'string') return undefined;
  const [, service, name] = INTEGRATION.exec(arn) ?? [];
  if (service !== undefined && name !== undefined) {
    return { events: 'Task', service, name, pattern: patternOf(name) };
  }
  if (FUNCTION.test(arn)) return { events: 'LambdaFunction', name: arn, pattern: 'response' };
  return ACTIVITY.test(arn) ? { events: 'Activity', name: arn, pattern: 'response' } : undefined;
}

/** A job's version of its result is part of the pattern: `.sync:2`. */
function patternOf(name: string): TaskResource['pattern'] {
  if (name.endsWith('.waitForTaskToken')) return 'token';
  return /\.sync(?::\d+)?$/.test(name) ? 'sync' : 'response';
}
