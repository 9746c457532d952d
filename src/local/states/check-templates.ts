import { checkTemplate, type Legal } from './check-expressions.ts';
import { type Fields, isFields, objectsIn, type Report } from './check-fields.ts';

/** Fields whose expressions see `$states.result` after the work is done; all others see input and context only. */
const AFTER_WORK = ['Output', 'Assign'];
const WITH_WORK: readonly unknown[] = ['Task', 'Parallel', 'Map'];
const NOT_EVALUATED = [
  ...['Type', 'Comment', 'QueryLanguage', 'Next', 'End', 'Default', 'Resource', 'Label', 'Retry', 'Catch'],
  ...['Branches', 'ItemProcessor', 'Choices'],
];

/** A value of a state that may hold expressions at any depth. */
export interface Place {
  readonly where: string;
  /** The state's own field, or that of its rule. */
  readonly field: string;
  readonly template: unknown;
  readonly legal: Legal;
}

export function templatesOf(state: Fields, where: string): readonly Place[] {
  const fields = Object.keys(state).filter((field) => !NOT_EVALUATED.includes(field));
  return [
    ...placesIn(state, fields, where, (field) =>
      AFTER_WORK.includes(field) && WITH_WORK.includes(state['Type']) ? 'result' : 'none',
    ),
    ...objectsIn(state['Catch']).flatMap((rule, index) =>
      placesIn(rule, ['Output', 'Assign'], `Catch[${index}] of ${where}`, () => 'errorOutput'),
    ),
    ...objectsIn(state['Choices']).flatMap((rule, index) =>
      placesIn(rule, ['Condition', 'Output', 'Assign'], `Choices[${index}] of ${where}`, () => 'none'),
    ),
  ];
}

function placesIn(
  fields: Fields,
  names: readonly string[],
  where: string,
  legal: (field: string) => Legal,
): readonly Place[] {
  const given = names.filter((field) => fields[field] !== undefined);
  return given.map((field) => ({
    where: `${field} of ${where}`,
    field,
    template: fields[field],
    legal: legal(field),
  }));
}

export function checkTemplates(state: Fields, where: string, report: Report): void {
  for (const place of templatesOf(state, where)) {
    checkTemplate(place.template, place.where, place.legal, report);
    if (place.field === 'Assign' && !isFields(place.template)) {
      report(place.where, 'be an object of variables', place.template);
    }
  }
}

/** The strings of a template at any depth, each with the way to it. */
export function stringsIn(template: unknown, where: string): readonly { text: string; where: string }[] {
  if (typeof template === 'string') return [{ text: template, where }];
  if (template === null || typeof template !== 'object') return [];
  return Object.entries(template).flatMap(([name, value]) => stringsIn(value, `${where}/${name}`));
}
