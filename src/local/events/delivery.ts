import type { Clock } from '../clock.ts';
import { AccessDenied } from '../iam/access-denied.ts';
import type { EventBridgeEvent } from './event.ts';
import type { RuleIdentity } from './rule-identity.ts';
import type { Target } from './target-input.ts';

export interface FailedDelivery {
  readonly rule: string;
  readonly target: Target;
  readonly event: EventBridgeEvent;
  readonly error: unknown;
}

/** What EventBridge puts into a dead-letter queue: the input that could not be delivered, and why. */
export interface DeadLetter {
  readonly body: string;
  readonly attributes: Readonly<
    Record<string, { readonly DataType: 'String'; readonly StringValue: string }>
  >;
}

export interface DeliveryOptions {
  readonly clock: Clock;
  /** Gives a target its input; a rejection is a failed attempt. */
  readonly deliver: (targetArn: string, event: unknown, ruleArn: string) => Promise<void>;
  /** Where a target's dead letters go. */
  readonly sendDeadLetter?: (queueArn: string, letter: DeadLetter, ruleArn: string) => void;
  /** Told of every delivery that failed for good. By default a process warning. */
  readonly onDeliveryFailed?: (failed: FailedDelivery) => void;
  /** The wait before the second attempt, in milliseconds on the clock; it doubles each time, up to eight minutes. */
  readonly firstRetryMs?: number;
}

export interface Delivery {
  readonly rule: RuleIdentity;
  readonly target: Target;
  readonly event: EventBridgeEvent;
  readonly input: (event: EventBridgeEvent) => unknown;
}

/** What EventBridge does where a target has no retry policy (page "How EventBridge retries delivering events"). */
const DEFAULT_RETRIES = 185;
const DEFAULT_AGE_SECONDS = 24 * 3600;
/** EventBridge does not say how its waits grow; with these its 185 retries take the 24 hours that it gives them. */
const LONGEST_WAIT_MS = 480_000;

/** Why attempts ended, by the words of the dead letter's attribute. */
type Exhausted = 'MaximumRetryAttempts' | 'MaximumEventAgeInSeconds';

class DeliveryError extends Error {
  readonly attempts: number;
  /** Undefined for what no further attempt could mend. */
  readonly exhausted: Exhausted | undefined;

  constructor(cause: unknown, attempts: number, exhausted?: Exhausted) {
    super(String(cause), { cause });
    this.attempts = attempts;
    this.exhausted = exhausted;
  }
}

/** Never rejects: what cannot be delivered is reported, and goes to the target's dead-letter queue where it has one. */
export async function carryOut(
  delivery: Delivery,
  options: DeliveryOptions,
  signal: AbortSignal,
): Promise<void> {
  const { rule, target, event } = delivery;
  try {
    await attempt(delivery, options, signal);
  } catch (error) {
    const cause = error instanceof DeliveryError ? error.cause : error;
    report({ rule: rule.name, target, event, error: cause }, options);
    if (target.deadLetterArn !== undefined) bury(delivery, error, options);
  }
}

async function attempt(
  { target, event, input, rule }: Delivery,
  { clock, deliver, firstRetryMs = 1000 }: DeliveryOptions,
  signal: AbortSignal,
): Promise<void> {
  const given = input(event);
  const { maxRetries = DEFAULT_RETRIES, maxAgeSeconds = DEFAULT_AGE_SECONDS } = target.retryPolicy ?? {};
  const lastStart = clock.now() + maxAgeSeconds * 1000;
  for (let tried = 1; ; tried++) {
    try {
      return await deliver(target.arn, given, rule.arn);
    } catch (error) {
      if (isLasting(error)) throw new DeliveryError(error, tried);
      const wait = Math.min(firstRetryMs * 2 ** (tried - 1), LONGEST_WAIT_MS);
      if (tried > maxRetries || signal.aborted) throw new DeliveryError(error, tried, 'MaximumRetryAttempts');
      if (clock.now() + wait > lastStart) throw new DeliveryError(error, tried, 'MaximumEventAgeInSeconds');
      // A bus that closes meanwhile reports what the target answered, not that the wait was cut short.
      await clock.sleep(wait, signal).catch(() => {
        throw new DeliveryError(error, tried, 'MaximumRetryAttempts');
      });
    }
  }
}

/** EventBridge does not try again what only somebody's action can mend. */
function isLasting(error: unknown): boolean {
  return ['NO_PERMISSIONS', 'NO_RESOURCE', 'INVALID_PARAMETER'].includes(errorCode(error));
}

/** By the words of the dead letter's attribute (page "Using dead-letter queues to process undelivered events"). */
function errorCode(error: unknown): string {
  if (error instanceof AccessDenied) return 'NO_PERMISSIONS';
  const { name } = error instanceof Error ? error : {};
  return CODES[name ?? ''] ?? 'SDK_CLIENT_ERROR';
}

const CODES: Readonly<Record<string, string>> = {
  ResourceNotFoundException: 'NO_RESOURCE',
  RequestTooLargeException: 'INVALID_PARAMETER',
  TooManyRequestsException: 'THROTTLING',
  SyntaxError: 'INVALID_JSON',
};

function report(failed: FailedDelivery, { onDeliveryFailed = warn }: DeliveryOptions): void {
  try {
    onDeliveryFailed(failed);
  } catch (error) {
    // A reporter that throws must not take down the process through an unhandled rejection.
    warn({ ...failed, error });
  }
}

function warn({ rule, target, event, error }: FailedDelivery): void {
  process.emitWarning(`Rule ${rule} could not deliver event ${event.id} to ${target.arn}: ${error}`);
}

function bury(delivery: Delivery, error: unknown, { sendDeadLetter }: DeliveryOptions): void {
  const { target, event, input, rule } = delivery;
  try {
    if (sendDeadLetter === undefined) throw new Error('there are no queues');
    sendDeadLetter(
      String(target.deadLetterArn),
      {
        // An input that cannot be made is itself the failure; the event is what is left of it.
        body: JSON.stringify(error instanceof DeliveryError ? input(event) : event),
        attributes: attributesOf(delivery, error),
      },
      rule.arn,
    );
  } catch (lost) {
    warn({ rule: rule.name, target, event, error: `its dead letter was lost: ${lost}` });
  }
}

function attributesOf({ rule, target }: Delivery, error: unknown): DeadLetter['attributes'] {
  const failure = error instanceof DeliveryError ? error : undefined;
  const texts = {
    RULE_ARN: rule.arn,
    TARGET_ARN: target.arn,
    ERROR_CODE: errorCode(failure?.cause ?? error),
    ERROR_MESSAGE: String(failure?.cause ?? error),
    ...(failure && { RETRY_ATTEMPTS: String(failure.attempts - 1) }),
    ...(failure?.exhausted && { EXHAUSTED_RETRY_CONDITION: failure.exhausted }),
  };
  const entries = Object.entries(texts).map(([name, text]) => [
    name,
    { DataType: 'String', StringValue: text },
  ]);
  return Object.fromEntries(entries) as DeadLetter['attributes'];
}
