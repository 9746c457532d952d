import { type Fields, isFields } from '../../src/local/states/check-fields.ts';
import { referencesIn } from '../../src/local/states/check-references.ts';
import { stringsIn } from '../../src/local/states/check-templates.ts';
import { expressionIn } from '../../src/local/states/expressions.ts';

/** What AWS takes and this stack must not do, a sentence each. */
export function stackFaultsIn(definition: unknown): readonly string[] {
  const states = statesIn(definition);
  return [
    ...states.flatMap(([name, state]) => stateFaults(name, state)),
    ...unwrittenNames(definition).map((name) => `No state writes the ${name} that is read of an input.`),
  ];
}

function statesIn(machine: unknown): readonly [string, Fields][] {
  if (!isFields(machine) || !isFields(machine['States'])) return [];
  return Object.entries(machine['States']).flatMap(([name, state]) => {
    if (!isFields(state)) return [];
    return [[name, state] as [string, Fields], ...statesIn(state['ItemProcessor'])];
  });
}

function stateFaults(name: string, state: Fields): readonly string[] {
  const missing = (fields: readonly string[]) =>
    fields.filter((field) => state[field] === undefined).map((field) => `${name} has no ${field}.`);
  if (state['Type'] === 'Task') return missing(['TimeoutSeconds', 'Retry']);
  if (state['Type'] !== 'Map') return [];
  // Without a writer the results of all children are one state's output, which may have 256 KiB.
  return [
    ...missing(['ResultWriter', 'ItemReader', 'MaxConcurrency', 'Label']),
    ...toleranceFaults(name, state),
  ];
}

function toleranceFaults(name: string, { ToleratedFailurePercentage: tolerated }: Fields): readonly string[] {
  if (name !== 'ProcessChunks' || tolerated === 100) return [];
  return ['A chunk that fails sinks the others of ProcessChunks.'];
}

/** What the states of a chunk read of their input, other states have put there by this name. */
function unwrittenNames(definition: unknown): readonly string[] {
  const expressions = stringsIn(definition, '').flatMap(({ text }) => expressionIn(text) ?? []);
  const written = new Set([
    ...expressions.flatMap((source) => [...source.matchAll(/"(\w+)"\s*:/g)].map(([, name]) => name)),
    ...statesIn(definition).flatMap(([, { ItemSelector: selector }]) => Object.keys(selector ?? {})),
  ]);
  const read = expressions.flatMap((source) => referencesIn(source).paths.map(inputName));
  return [...new Set(read)].flatMap((name) => (name === undefined || written.has(name) ? [] : [name]));
}

function inputName([member, name]: readonly string[]): string | undefined {
  return member === 'input' ? name : undefined;
}
