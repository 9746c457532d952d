import { type Node, parseExpression } from './check-expressions.ts';

/** What an expression takes from outside. */
export interface References {
  readonly variables: ReadonlySet<string>;
  /** Members of `$states` by their names, e.g. `['context', 'Task', 'Token']`. */
  readonly paths: readonly (readonly string[])[];
}

/** What each expression of Step Functions knows: JSONata's functions, and those of the page "Transforming data with JSONata". */
const FUNCTIONS = new Set(
  [
    'sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim pad',
    'match contains replace split join formatNumber formatBase formatInteger parseInteger number floor ceil round',
    'abs sqrt power boolean not map zip filter single reduce sift keys lookup append exists spread merge reverse',
    'each error assert type sort shuffle distinct base64encode base64decode encodeUrlComponent encodeUrl',
    'decodeUrlComponent decodeUrl eval toMillis fromMillis now millis partition range hash random uuid parse',
  ].flatMap((line) => line.split(' ')),
);

/** Of an expression that does not parse, nothing. */
export function referencesIn(source: string): References {
  const tree = parseExpression(source);
  const nodes = typeof tree === 'string' ? [] : nodesOf(tree, new Set());
  const bound = new Set(['', '$', 'states', ...nodes.flatMap(namesBoundBy)]);
  const variables = namesOf(nodes).filter((name) => !bound.has(name) && !FUNCTIONS.has(name));
  return { variables: new Set(variables), paths: nodes.flatMap(pathOf) };
}

function nodesOf(value: unknown, seen: Set<unknown>): readonly Node[] {
  if (value === null || typeof value !== 'object' || seen.has(value)) return [];
  seen.add(value);
  const inner = Object.values(value).flatMap((child) => nodesOf(child, seen));
  return Array.isArray(value) ? inner : [value as Node, ...inner];
}

/** Names that are given a value in the expression itself: by `:=`, as parameters, by `@` and `#`. */
function namesBoundBy({ type, lhs, arguments: parameters, focus, index }: Node): readonly string[] {
  const variables = [
    ...(type === 'bind' ? [lhs] : []),
    ...(type === 'lambda' && Array.isArray(parameters) ? parameters : []),
  ];
  const places = [focus, index].filter((name) => typeof name === 'string');
  return [...namesOf(variables as Node[]), ...places];
}

function namesOf(nodes: readonly Node[]): readonly string[] {
  return nodes.filter(({ type }) => type === 'variable').map(({ value }) => String(value));
}

function pathOf({ type, steps = [] }: Node): readonly (readonly string[])[] {
  const [first, ...rest] = steps;
  if (type !== 'path' || first?.type !== 'variable' || first.value !== 'states') return [];
  const end = rest.findIndex((step) => step.type !== 'name');
  const members = end === -1 ? rest : rest.slice(0, end);
  return [members.map(({ value }) => String(value))];
}
