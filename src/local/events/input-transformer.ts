import { invalidRule } from './errors.ts';
import { compilePath, type MakeInput } from './json-path.ts';
import type { RuleIdentity } from './rule-identity.ts';

export interface InputTransformer {
  readonly inputPathsMap?: Readonly<Record<string, string>>;
  /** JSON text with `<name>` where a value goes. */
  readonly inputTemplate: string;
}

type Variables = ReadonlyMap<string, MakeInput>;

const MAX_VARIABLES = 100;
const MAX_TEMPLATE = 8192;
const PLACEHOLDER = /<([\w.-]+)>/g;
const JSON_STRING = /"(?:[^"\\]|\\.)*"/g;
/** Stands for a placeholder in a text while a template is looked at. */
const MARK = '\uE000';
/** Whole events, which are values of JSON fields and nothing else. */
const EVENTS = ['aws.events.event', 'aws.events.event.json'];

/** By the page "Amazon EventBridge input transformation". @throws EventsError for what cannot become JSON */
export function compileTransformer(
  { inputPathsMap = {}, inputTemplate }: InputTransformer,
  targetId: string,
  rule: RuleIdentity,
): MakeInput {
  const variables = variablesOf(inputPathsMap, rule);
  const reason = reasonAgainst(inputTemplate, variables);
  if (reason !== undefined) throw invalidRule(rule.name, `InputTemplate of target ${targetId} ${reason}`);
  // Values are not escaped, as EventBridge does not: one that holds quotes can still make something that is no JSON.
  return (event) => JSON.parse(render(inputTemplate, (name) => variables.get(name)?.(event))) as unknown;
}

function variablesOf(paths: Readonly<Record<string, string>>, rule: RuleIdentity): Variables {
  const own = Object.entries(paths);
  if (own.length > MAX_VARIABLES) {
    throw invalidRule(rule.name, `InputPathsMap may have ${MAX_VARIABLES} variables, got ${own.length}`);
  }
  const taken = own.find(([name]) => name.startsWith('aws.'))?.[0];
  if (taken !== undefined)
    throw invalidRule(rule.name, `InputPathsMap may not define ${taken}, which is reserved`);
  return new Map([
    ...builtIns(rule),
    ...own.map(([name, path]): [string, MakeInput] => [name, compilePath(path, rule)]),
  ]);
}

function builtIns(rule: RuleIdentity): readonly [string, MakeInput][] {
  return [
    ['aws.events.rule-name', () => rule.name],
    ['aws.events.rule-arn', () => rule.arn],
    ['aws.events.event.ingestion-time', (event) => event.time],
    ['aws.events.event', (event) => ({ ...event, detail: undefined })],
    ['aws.events.event.json', (event) => event],
  ];
}

/** What is wrong with a template whatever the event. */
function reasonAgainst(template: string, variables: Variables): string | undefined {
  if (template.length > MAX_TEMPLATE) return `may have ${MAX_TEMPLATE} characters, got ${template.length}`;
  const named = [...template.matchAll(PLACEHOLDER)].map(([, name = '']) => name);
  const unknown = named.find((name) => !variables.has(name));
  if (unknown !== undefined) return `names <${unknown}>, which InputPathsMap does not define`;
  const inStrings = [...template.matchAll(JSON_STRING)].join('');
  const inString = EVENTS.find((name) => inStrings.includes(`<${name}>`));
  if (inString !== undefined) return `may have <${inString}> as a value only, not in a text`;
  return reasonAgainstJson(template);
}

function reasonAgainstJson(template: string): string | undefined {
  const inStrings = template.replace(JSON_STRING, (text) => text.replace(PLACEHOLDER, MARK));
  try {
    let keyed = false;
    JSON.parse(inStrings.replace(PLACEHOLDER, 'null'), (name, value: unknown) => {
      keyed ||= name.includes(MARK);
      return value;
    });
    return keyed ? 'may not have a variable as a key' : undefined;
  } catch {
    return `must be JSON, got ${template}`;
  }
}

/** A placeholder inside a JSON string is replaced by text, one outside by a JSON value. An absent value is '' or null. */
function render(template: string, value: (name: string) => unknown): string {
  const outside = (text: string): string =>
    text.replace(PLACEHOLDER, (_, name: string) => JSON.stringify(value(name) ?? null));
  const inside = (literal: string): string =>
    literal.replace(PLACEHOLDER, (_, name: string) => plainText(value(name)));
  let rendered = '';
  let from = 0;
  for (const literal of template.matchAll(JSON_STRING)) {
    rendered += outside(template.slice(from, literal.index)) + inside(literal[0]);
    from = literal.index + literal[0].length;
  }
  return rendered + outside(template.slice(from));
}

/** EventBridge takes the quotes out of an object or a list that goes into a text. */
function plainText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value).replaceAll('"', '');
}
