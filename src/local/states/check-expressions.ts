import jsonata from 'jsonata';
import type { Report } from './check-fields.ts';
import { expressionIn } from './expressions.ts';

/** What `$states` holds beyond `input` and `context`, by where the field is. */
export type Legal = 'result' | 'errorOutput' | 'none';

/** Refuses what Step Functions refuses at creation: bad syntax, `$eval`, a context that does not exist. */
export function checkTemplate(template: unknown, where: string, legal: Legal, report: Report): void {
  if (typeof template === 'string') checkString(template, where, legal, report);
  if (template === null || typeof template !== 'object') return;
  for (const [name, value] of Object.entries(template))
    checkTemplate(value, `${where}/${name}`, legal, report);
}

function checkString(text: string, where: string, legal: Legal, report: Report): void {
  const source = expressionIn(text);
  if (source !== undefined) checkExpression(source, where, legal, report);
  // With a space at both ends it is a string like any other for AWS; see check-leftovers.ts.
  else if (text.startsWith('{%') || text.endsWith('%}')) {
    report(where, 'start with {% and end with %} without spaces around', text);
  }
}

function checkExpression(source: string, where: string, legal: Legal, report: Report): void {
  const tree = parseExpression(source);
  if (typeof tree === 'string') report(where, `be a valid JSONata expression (${tree})`, source);
  else walk(tree, true, (rule) => report(where, rule, source), legal);
}

/** The syntax tree, or why there is none. */
export function parseExpression(source: string): Node | string {
  try {
    return jsonata(source).ast() as Node;
  } catch (error) {
    const { code, message } = error as jsonata.JsonataError;
    return `${code}: ${message}`;
  }
}

/** The parts of JSONata's syntax tree that the rules are about. */
export interface Node {
  readonly type?: string;
  readonly value?: unknown;
  readonly steps?: readonly Node[];
  readonly [child: string]: unknown;
}

type Refuse = (rule: string) => void;

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
