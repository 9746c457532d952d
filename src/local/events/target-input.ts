import { invalidRule } from './errors.ts';
import { compileTransformer, type InputTransformer } from './input-transformer.ts';
import { compilePath, type MakeInput } from './json-path.ts';
import type { RuleIdentity } from './rule-identity.ts';

/** A target as the API names its fields, in lower camel case. At most one of the three inputs. */
export interface Target {
  readonly id: string;
  readonly arn: string;
  /** Constant JSON text given instead of the event. */
  readonly input?: string;
  /** The part of the event that is given, e.g. `$.detail`. */
  readonly inputPath?: string;
  readonly inputTransformer?: InputTransformer;
  /** The queue for what could not be delivered. */
  readonly deadLetterArn?: string;
  readonly retryPolicy?: RetryPolicy;
}

export interface RetryPolicy {
  readonly maxRetries?: number;
  readonly maxAgeSeconds?: number;
}

/** What a target is given for an event. @throws EventsError for an input that EventBridge would not accept. */
export function compileTargetInput(target: Target, rule: RuleIdentity): MakeInput {
  const { input, inputPath, inputTransformer } = target;
  const given = [input, inputPath, inputTransformer].filter((one) => one !== undefined);
  if (given.length > 1) {
    throw invalidRule(rule.name, `target ${target.id} may have one of Input, InputPath and InputTransformer`);
  }
  if (input !== undefined) return constant(input, target, rule);
  if (inputPath !== undefined) return compilePath(inputPath, rule);
  if (inputTransformer !== undefined) return compileTransformer(inputTransformer, target.id, rule);
  return (event) => event;
}

function constant(input: string, target: Target, rule: RuleIdentity): MakeInput {
  try {
    const value: unknown = JSON.parse(input);
    return () => value;
  } catch {
    throw invalidRule(rule.name, `Input of target ${target.id} must be JSON, got ${input}`);
  }
}
