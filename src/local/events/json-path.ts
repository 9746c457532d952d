import { invalidRule } from './errors.ts';
import type { EventBridgeEvent } from './event.ts';
import type { RuleIdentity } from './rule-identity.ts';

/** What is made of an event for a target. */
export type MakeInput = (event: EventBridgeEvent) => unknown;

/** `$`, `$.detail.status`, `$.resources[0]`, `$['detail-type']`: what EventBridge's subset of JSONPath takes. */
export function compilePath(path: string, rule: RuleIdentity): MakeInput {
  const step = /\.([\w-]+)|\[(\d+)\]|\['([^']+)'\]/g;
  if (!path.startsWith('$') || path.slice(1).replace(step, '') !== '') {
    throw invalidRule(rule.name, `a JSON path must be such as $.detail.status, got ${path}`);
  }
  const keys = [...path.matchAll(step)].map(([, name, index, quoted]) => name ?? index ?? quoted ?? '');
  return (event) => keys.reduce<unknown>((value, key) => child(value, key), event);
}

function child(value: unknown, key: string): unknown {
  const has = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
  return has ? (value as Record<string, unknown>)[key] : undefined;
}
