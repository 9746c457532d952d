import type { Fields, Surroundings } from './check-fields.ts';
import { stringsIn } from './check-templates.ts';
import type { StateType } from './definition.ts';
import { expressionIn } from './expressions.ts';

/** The fields that mean the same in JSONPath as in JSONata; undefined where already the rest of the state does not. */
const OF_BOTH: Readonly<Record<StateType, readonly string[] | undefined>> = {
  Pass: [],
  Succeed: [],
  Fail: ['Error', 'Cause'],
  Wait: ['Seconds', 'Timestamp'],
  Task: ['Resource', 'TimeoutSeconds', 'HeartbeatSeconds', 'Retry'],
  Parallel: ['Branches', 'Retry'],
  // Rules have a Variable or a Condition, and items are taken from the input or not.
  Choice: undefined,
  Map: undefined,
};

/** Where tasks are a handler's own, a part of a machine that could be of either language will do. */
export function checkLanguage(
  state: Fields,
  type: StateType,
  where: string,
  { jsonata, anyResource, report }: Surroundings,
): void {
  const language = state['QueryLanguage'] ?? (jsonata ? 'JSONata' : 'JSONPath');
  if (language === 'JSONata' || (language === 'JSONPath' && anyResource && isOfBoth(state, type))) return;
  report(`QueryLanguage of ${where}`, 'be JSONata', language);
}

function isOfBoth(state: Fields, type: StateType): boolean {
  const known = OF_BOTH[type];
  if (known === undefined) return false;
  const { Type: _type, Comment: _comment, QueryLanguage: _language, Next: _next, End: _end, ...own } = state;
  const { Branches: _branches, ...values } = own;
  const texts = stringsIn(values, '').map(({ text }) => text);
  return (
    Object.keys(own).every((name) => known.includes(name)) &&
    texts.every((text) => expressionIn(text) === undefined)
  );
}
