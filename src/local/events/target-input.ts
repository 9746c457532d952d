import { invalidRule } from './errors.ts';
import type { EventBridgeEvent } from './event.ts';

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

export interface InputTransformer {
  readonly inputPathsMap?: Readonly<Record<string, string>>;
  /** JSON text with `<name>` where a value goes. */
  readonly inputTemplate: string;
}

export interface RuleIdentity {
  readonly name: string;
  readonly arn: string;
}

type MakeInput = (event: EventBridgeEvent) => unknown;

/** What a target is given for an event. @throws EventsError for an input that EventBridge would not accept. */
export function compileTargetInput(target: Target, rule: RuleIdentity): MakeInput {
  const { input, inputPath, inputTransformer } = target;
  const given = [input, inputPath, inputTransformer].filter((one) => one !== undefined);
  if (given.length > 1) {
    throw invalidRule(rule.name, `target ${target.id} may have one of Input, InputPath and InputTransformer`);
  }
  if (input !== undefined) return constant(input, target, rule);
  if (inputPath !== undefined) return compilePath(inputPath, rule);
  if (inputTransformer !== undefined) return compileTransformer(inputTransformer, rule);
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

/** `$`, `$.detail.status`, `$.resources[0]`, `$['detail-type']`: what EventBridge's subset of JSONPath takes. */
function compilePath(path: string, rule: RuleIdentity): MakeInput {
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

function compileTransformer(transformer: InputTransformer, rule: RuleIdentity): MakeInput {
  const paths = Object.entries(transformer.inputPathsMap ?? {});
  const variables = new Map<string, MakeInput>([
    ...builtIns(rule),
    ...paths.map(([name, path]): [string, MakeInput] => [name, compilePath(path, rule)]),
  ]);
  for (const [, name = ''] of transformer.inputTemplate.matchAll(PLACEHOLDER)) {
    if (!variables.has(name)) {
      throw invalidRule(rule.name, `InputTemplate names <${name}>, which InputPathsMap does not define`);
    }
  }
  return (event) => JSON.parse(render(transformer.inputTemplate, variables, event)) as unknown;
}

const PLACEHOLDER = /<([\w.-]+)>/g;
const JSON_STRING = /"(?:[^"\\]|\\.)*"/g;

function builtIns(rule: RuleIdentity): readonly [string, MakeInput][] {
  return [
    ['aws.events.rule-name', () => rule.name],
    ['aws.events.rule-arn', () => rule.arn],
    ['aws.events.event.ingestion-time', (event) => event.time],
    ['aws.events.event', (event) => ({ ...event, detail: undefined })],
    ['aws.events.event.json', (event) => event],
  ];
}

/** A placeholder inside a JSON string is replaced by text, one outside by a JSON value. An absent value is '' or null. */
function render(
  template: string,
  variables: ReadonlyMap<string, MakeInput>,
  event: EventBridgeEvent,
): string {
  const value = (name: string): unknown => variables.get(name)?.(event);
  const outside = (text: string): string =>
    text.replace(PLACEHOLDER, (_, name: string) => JSON.stringify(value(name) ?? null));
  const inside = (literal: string): string =>
    literal.replace(PLACEHOLDER, (_, name: string) => JSON.stringify(plainText(value(name))).slice(1, -1));
  let rendered = '';
  let from = 0;
  for (const literal of template.matchAll(JSON_STRING)) {
    rendered += outside(template.slice(from, literal.index)) + inside(literal[0]);
    from = literal.index + literal[0].length;
  }
  return rendered + outside(template.slice(from));
}

function plainText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
