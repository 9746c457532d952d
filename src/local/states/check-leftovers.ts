import { type Place, stringsIn } from './check-templates.ts';
import type { Scope } from './check-uses.ts';
import { expressionIn } from './expressions.ts';

const JSON_PATH = /^\$\$?[.[]/;
const INTRINSIC = /^States\.[A-Z]\w*\(.*\)$/s;
const BARE_VARIABLE = /^\$([\p{L}_][\p{L}\p{N}_]*)(?=$|[.[])/u;

/** What was meant to be evaluated and is passed on as it is written. */
export function checkLeftovers(place: Place, { variables, report }: Scope): void {
  for (const { text, where } of stringsIn(place.template, place.where)) {
    const rule = expressionIn(text) === undefined ? leftoverOf(text, variables) : undefined;
    if (rule !== undefined) report(where, rule, text);
  }
  checkKeys(place.template, place.where, (where, key) =>
    report(where, 'have names without .$, which JSONata states do not evaluate', key),
  );
}

function leftoverOf(text: string, variables: ReadonlySet<string>): string | undefined {
  if (JSON_PATH.test(text) || INTRINSIC.test(text))
    return 'be JSONata in {% %}, for JSONPath is not evaluated';
  const name = BARE_VARIABLE.exec(text)?.[1];
  if (name === 'states' || (name !== undefined && variables.has(name))) return 'stand in {% %}';
  return text.includes('{%') ? 'be an expression from its first character to its last' : undefined;
}

function checkKeys(template: unknown, where: string, found: (where: string, key: string) => void): void {
  if (template === null || typeof template !== 'object') return;
  for (const [key, value] of Object.entries(template)) {
    if (key.endsWith('.$')) found(where, key);
    checkKeys(value, `${where}/${key}`, found);
  }
}
