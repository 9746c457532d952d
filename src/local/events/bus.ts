import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { EventsError, invalidRule } from './errors.ts';
import type { EventBridgeEvent, PutEvent } from './event.ts';
import { compilePattern, type EventPattern } from './pattern.ts';
import { compileTargetInput, type Target } from './target-input.ts';

export interface Rule {
  readonly name: string;
  readonly pattern?: EventPattern;
  readonly scheduleExpression?: string;
  readonly targets: readonly Target[];
  readonly enabled?: boolean;
}

export interface FailedDelivery {
  readonly rule: string;
  readonly target: Target;
  readonly event: EventBridgeEvent;
  readonly error: unknown;
}

export interface EventBusOptions {
  readonly account: string;
  readonly region: string;
  readonly clock: Clock;
  /** Gives a target its input; a rejection is a failed attempt. */
  readonly deliver: (targetArn: string, event: unknown) => Promise<void>;
  /** Told of every delivery that failed for good. By default a process warning. */
  readonly onDeliveryFailed?: (failed: FailedDelivery) => void;
  readonly maxAttempts?: number;
  /** The wait before the second attempt, in milliseconds on the clock; it doubles each time. */
  readonly firstRetryMs?: number;
}

export interface EventBus {
  /** Adds a rule, or replaces the one of that name. @throws EventsError when EventBridge would not accept it. */
  putRule(rule: Rule): void;
  /** Returns the event as its rules see it; deliveries follow on their own. */
  put(event: PutEvent): EventBridgeEvent;
  /** Resolves when nothing is being delivered, deliveries that deliveries caused included. */
  idle(): Promise<void>;
  /** Gives up waiting retries and resolves when no delivery is running. */
  close(): Promise<void>;
}

interface CompiledRule {
  readonly name: string;
  readonly matches: (event: unknown) => boolean;
  readonly targets: readonly {
    readonly target: Target;
    readonly input: (event: EventBridgeEvent) => unknown;
  }[];
}

export function createEventBus(options: EventBusOptions): EventBus {
  const rules = new Map<string, CompiledRule>();
  const running = new Set<Promise<void>>();
  const closing = new AbortController();

  const start = (rule: CompiledRule, event: EventBridgeEvent): void => {
    for (const { target, input } of rule.targets) {
      const delivery = attempt(options, { target, input: () => input(event) }, closing.signal)
        .catch((error: unknown) => report(options, { rule: rule.name, target, event, error }))
        .finally(() => running.delete(delivery));
      running.add(delivery);
    }
  };
  const idle = async (): Promise<void> => {
    while (running.size > 0) await Promise.all(running);
  };

  return {
    putRule: (rule) => {
      rules.set(rule.name, compileRule(rule, options));
    },
    put: (given) => {
      if (closing.signal.aborted) {
        throw new EventsError('ValidationException', 'Cannot put an event: the event bus is closed.');
      }
      const event = complete(given, options);
      for (const rule of rules.values()) if (rule.matches(event)) start(rule, event);
      return event;
    },
    idle,
    close: async () => {
      closing.abort(new Error('the event bus was closed'));
      await idle();
    },
  };
}

function compileRule(rule: Rule, { account, region }: EventBusOptions): CompiledRule {
  if (rule.scheduleExpression !== undefined) {
    throw invalidRule(rule.name, `schedules are not supported here, got ${rule.scheduleExpression}`);
  }
  if (rule.pattern === undefined) throw invalidRule(rule.name, 'it must have an event pattern');
  const matches = compilePattern(rule.pattern);
  const identity = { name: rule.name, arn: `arn:aws:events:${region}:${account}:rule/${rule.name}` };
  const targets = rule.targets.map((target) => ({ target, input: compileTargetInput(target, identity) }));
  return { name: rule.name, matches: rule.enabled === false ? () => false : matches, targets };
}

function complete(given: PutEvent, { account, region, clock }: EventBusOptions): EventBridgeEvent {
  return {
    version: '0',
    id: randomUUID(),
    account,
    time: `${new Date(clock.now()).toISOString().slice(0, 19)}Z`,
    region,
    resources: [],
    ...given,
  };
}

interface Delivery {
  readonly target: Target;
  readonly input: () => unknown;
}

async function attempt(options: EventBusOptions, delivery: Delivery, signal: AbortSignal): Promise<void> {
  const { deliver, clock, maxAttempts = 4, firstRetryMs = 1000 } = options;
  const input = delivery.input();
  for (let tried = 1; ; tried++) {
    try {
      return await deliver(delivery.target.arn, input);
    } catch (error) {
      if (tried >= maxAttempts || signal.aborted) throw error;
      // A bus that closes meanwhile reports what the target answered, not that the wait was cut short.
      await clock.sleep(firstRetryMs * 2 ** (tried - 1), signal).catch(() => Promise.reject(error));
    }
  }
}

function report({ onDeliveryFailed = warn }: EventBusOptions, failed: FailedDelivery): void {
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
