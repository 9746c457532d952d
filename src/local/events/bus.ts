import { randomUUID } from 'node:crypto';
import { carryOut, type DeliveryOptions } from './delivery.ts';
import { EventsError, invalidRule } from './errors.ts';
import type { EventBridgeEvent, PutEvent } from './event.ts';
import { compilePattern, type EventPattern } from './pattern.ts';
import type { RuleIdentity } from './rule-identity.ts';
import { compileSchedule, type NextTime, Schedules } from './schedule.ts';
import { compileTargetInput, type Target } from './target-input.ts';

export interface Rule {
  readonly name: string;
  /** A rule has a pattern, a schedule, or both. */
  readonly pattern?: EventPattern;
  /** `rate(…)` or `cron(…)`, by the clock of the bus. */
  readonly scheduleExpression?: string;
  readonly targets: readonly Target[];
  readonly enabled?: boolean;
}

export interface EventBusOptions extends DeliveryOptions {
  readonly account: string;
  readonly region: string;
  /** Whether a schedule fires again while its targets are at work, as on AWS; by default by the real clock alone. */
  readonly overlappingSchedules?: boolean;
}

export interface EventBus {
  /** Adds a rule, or replaces the one of that name. @throws EventsError when EventBridge would not accept it. */
  putRule(rule: Rule): void;
  /** Returns the event as its rules see it; deliveries follow on their own. */
  put(event: PutEvent): EventBridgeEvent;
  /** Resolves when nothing is being delivered, deliveries that deliveries caused included. Schedules go on. */
  idle(): Promise<void>;
  /** Ends schedules, gives up waiting retries and resolves when no delivery is running. */
  close(): Promise<void>;
}

interface CompiledRule {
  readonly identity: RuleIdentity;
  readonly matches: (event: unknown) => boolean;
  readonly next: NextTime | undefined;
  readonly targets: readonly {
    readonly target: Target;
    readonly input: (event: EventBridgeEvent) => unknown;
  }[];
}

export function createEventBus(options: EventBusOptions): EventBus {
  const rules = new Map<string, CompiledRule>();
  const schedules = new Schedules(options.clock, options.overlappingSchedules);
  const deliveries = new Deliveries(options);
  return {
    putRule: (rule) => {
      const compiled = compileRule(rule, options);
      const { name, arn } = compiled.identity;
      rules.set(name, compiled);
      if (compiled.next === undefined) return schedules.stop(name);
      const event = () => complete({ ...SCHEDULED, resources: [arn] }, options);
      schedules.start(name, compiled.next, () => deliveries.start(compiled, event()));
    },
    put: (given) => {
      if (deliveries.closed) {
        throw new EventsError('ValidationException', 'Cannot put an event: the event bus is closed.');
      }
      const event = complete(given, options);
      for (const rule of rules.values()) if (rule.matches(event)) void deliveries.start(rule, event);
      return event;
    },
    idle: () => deliveries.idle(),
    close: async () => {
      deliveries.close();
      await schedules.close();
      await deliveries.idle();
    },
  };
}

/** What is on its way to targets. */
class Deliveries {
  readonly #options: EventBusOptions;
  readonly #running = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  constructor(options: EventBusOptions) {
    this.#options = options;
  }

  get closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Resolves when every target of the rule has the event, or never will. */
  start({ targets, identity }: CompiledRule, event: EventBridgeEvent): Promise<unknown> {
    const started = targets.map((target) => {
      const delivery = { ...target, rule: identity, event };
      const running = carryOut(delivery, this.#options, this.#closing.signal).finally(() =>
        this.#running.delete(running),
      );
      this.#running.add(running);
      return running;
    });
    return Promise.all(started);
  }

  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Retries are not waited for any more. */
  close(): void {
    this.#closing.abort(new Error('the event bus was closed'));
  }
}

const SCHEDULED = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} } as const;

function compileRule(rule: Rule, { account, region }: EventBusOptions): CompiledRule {
  const { name, pattern, scheduleExpression, enabled = true } = rule;
  if (pattern === undefined && scheduleExpression === undefined) {
    throw invalidRule(name, 'it must have an event pattern or a schedule');
  }
  checkTargets(rule);
  const identity = { name, arn: `arn:aws:events:${region}:${account}:rule/${name}` };
  const matches = pattern === undefined ? () => false : compilePattern(pattern);
  const next = scheduleExpression === undefined ? undefined : compileSchedule(name, scheduleExpression);
  const targets = rule.targets.map((target) => ({ target, input: compileTargetInput(target, identity) }));
  // A rule that is disabled is checked all the same.
  if (!enabled) return { identity, targets, matches: () => false, next: undefined };
  return { identity, targets, matches, next };
}

/** EventBridge's own limits of a rule's targets. */
function checkTargets({ name, targets }: Rule): void {
  if (targets.length > 5) throw invalidRule(name, `it may have five targets, got ${targets.length}`);
  if (new Set(targets.map(({ id }) => id)).size < targets.length) {
    throw invalidRule(name, 'its targets must have ids of their own');
  }
  for (const { id, retryPolicy = {} } of targets) {
    const { maxRetries = 0, maxAgeSeconds = 60 } = retryPolicy;
    if (!within(maxRetries, 0, 185) || !within(maxAgeSeconds, 60, 86_400)) {
      throw invalidRule(name, `target ${id} may be retried 0 to 185 times, for 60 to 86400 seconds`);
    }
  }
}

const within = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most;

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
