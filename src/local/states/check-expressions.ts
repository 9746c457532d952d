import jsonata from 'jsonata';
import { InvalidDefinition } from './errors.ts';
import { expressionIn } from './expressions.ts';

/** What `$states` holds beyond `input` and `context`, by where the field is. */
export type Legal = 'result' | 'errorOutput' | 'none';

/** Refuses what Step Functions refuses at creation: bad syntax, `$eval`, a context that does not exist. */
export function checkTemplate(template: unknown, where: string, legal: Legal): void {
  if (typeof template === 'string') checkString(template, where, legal);
  if (template === null || typeof template !== 'object') return;
  for (const [name, value] of Object.entries(template)) checkTemplate(value, `${where}/${name}`, legal);
}

function checkString(text: string, where: string, legal: Legal): void {
  const source = expressionIn(text);
  if (source !== undefined) checkExpression(source, where, legal);
  else if (text.trimStart().startsWith('{%') || text.trimEnd().endsWith('%}')) {
    throw new InvalidDefinition(where, 'start with {% and end with %} without spaces around', text);
  }
}

function checkExpression(source: string, where: string, legal: Legal): void {
  walk(
    parse(source, where),
    true,
    (rule) => {
      throw new InvalidDefinition(where, rule, source);
    },
    legal,
  );
}

function parse(source: string, where: string): Node {
  try {
    return jsonata(source).ast() as Node;
  } catch (error) {
    const { code, message } = error as jsonata.JsonataError;
    throw new InvalidDefinition(where, `be a valid JSONata expression (${code}: ${message})`, source);
  }
}

/** The parts of JSONata's syntax tree that the rules are about. */
interface Node {
  readonly type?: string;
  readonly value?: unknown;
  readonly steps?: readonly Node[];
  readonly [child: string]: unknown;
}

type Refuse = (rule: string) => never;

/** Children that see the same context as their parent, and those that see each item of what comes before them. */
const SAME = [
  'expression',
  'expressions',
  'arguments',
  'procedure',
  'body',
  'condition',
  'then',
  'else',
  'lhs',
  'rhs',
];
const INNER = ['predicate', 'stages', 'group', 'terms', 'pattern', 'update', 'delete', 'expr'];

/** `top` is true where a bare name would refer to an input, which expressions in Step Functions do not have. */
function walk(node: unknown, top: boolean, refuse: Refuse, legal: Legal): void {
  if (Array.isArray(node)) {
    for (const each of node) walk(each, top, refuse, legal);
    return;
  }
  if (node === null || typeof node !== 'object') return;
  const { type, value, steps, ...rest } = node as Node;
  checkNode({ type, value }, top, refuse);
  if (steps) walkSteps(steps, top, refuse, legal);
  for (const name of SAME) walk(rest[name], top, refuse, legal);
  for (const name of INNER) walk(rest[name], false, refuse, legal);
}

function checkNode({ type, value }: Node, top: boolean, refuse: Refuse): void {
  if (type === 'variable' && value === 'eval') refuse('not use $eval');
  if (type === 'variable' && value === '$') refuse('not use $$, for there is no input to refer to');
  if (!top) return;
  if (type === 'variable' && value === '')
    refuse('not use $ outside a path, for there is no input to refer to');
  if (type === 'name' || type === 'wildcard' || type === 'descendant' || type === 'parent') {
    refuse('start paths with $states or a variable, for there is no input to refer to');
  }
}

function walkSteps(steps: readonly Node[], top: boolean, refuse: Refuse, legal: Legal): void {
  const [first, second] = steps;
  const member =
    first?.type === 'variable' && first.value === 'states' && second?.type === 'name' && second.value;
  if ((member === 'result' || member === 'errorOutput') && member !== legal) {
    refuse(`not use $states.${member}, which is not known there`);
  }
  for (const [index, step] of steps.entries()) walk(step, top && index === 0, refuse, legal);
}
