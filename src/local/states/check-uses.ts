import type { Fields, Report } from './check-fields.ts';
import { unknownMember } from './check-members.ts';
import { type References, referencesIn } from './check-references.ts';
import { type Place, stringsIn } from './check-templates.ts';
import { LAMBDA_INVOKE } from './definition.ts';
import { expressionIn } from './expressions.ts';

/** What the expressions of a state may name. */
export interface Scope {
  readonly variables: ReadonlySet<string>;
  /** True in the states that an inline Map runs for an item; a distributed Map's are executions of their own. */
  readonly ofItem: boolean;
  readonly report: Report;
}

const TOKEN = ['context', 'Task', 'Token'];
const ITEM = ['context', 'Map', 'Item'];

/** Names in expressions that nothing has given a value. */
export function checkUses(place: Place, state: Fields, scope: Scope): void {
  for (const { text, where } of stringsIn(place.template, place.where)) {
    const source = expressionIn(text);
    if (source === undefined) continue;
    const { variables, paths } = referencesIn(source);
    for (const name of variables) {
      if (scope.variables.has(name)) continue;
      scope.report(where, 'name a function, or a variable that a state before it assigns', `$${name}`);
    }
    for (const path of paths) checkPath(path, place, where, state, scope);
  }
}

function checkPath(path: readonly string[], place: Place, where: string, state: Fields, scope: Scope): void {
  const unknown = unknownMember(path, patternOf(state) === 'invoke');
  if (unknown !== undefined) scope.report(where, 'name members that $states has', unknown);
  if (beginsWith(path, TOKEN) && !(place.field === 'Arguments' && waitsForToken(state))) {
    scope.report(where, 'not name the token of a task that waits for none');
  }
  if (beginsWith(path, ITEM) && !(place.field === 'ItemSelector' || scope.ofItem)) {
    scope.report(where, 'not name the item outside of ItemSelector and of the states of an inline Map');
  }
}

/** A task that waits for a token that nobody was told waits until it times out. */
export function checkToken(places: readonly Place[], state: Fields, where: string, report: Report): void {
  if (!waitsForToken(state)) return;
  const given = places.filter(({ field }) => field === 'Arguments');
  const strings = given.flatMap((place) => stringsIn(place.template, ''));
  const references = strings.map(({ text }) => referencesIn(expressionIn(text) ?? ''));
  if (!references.some(tellsToken)) {
    report(`Arguments of ${where}`, 'tell $states.context.Task.Token to whom it waits for');
  }
}

/** A shorter path holds the token too. */
function tellsToken({ paths }: References): boolean {
  return paths.some((path) => path[0] === TOKEN[0] && beginsWith(TOKEN, path.slice(0, TOKEN.length)));
}

function beginsWith(path: readonly string[], start: readonly string[]): boolean {
  return start.every((name, index) => path[index] === name);
}

function patternOf({ Resource: resource }: Fields): string | undefined {
  return LAMBDA_INVOKE.exec(String(resource))?.[1];
}

function waitsForToken({ Resource: resource }: Fields): boolean {
  return String(resource).endsWith('.waitForTaskToken');
}
