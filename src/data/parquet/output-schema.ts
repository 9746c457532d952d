import type { SchemaElement } from 'hyparquet';
import type { OutputColumn } from './types.ts';

/** The schema elements of an output column in schema order: its own, and those of the groups within it. */
export function outputElements({ name, type }: OutputColumn): readonly SchemaElement[] {
  switch (type) {
    case 'string':
      return [leaf(name, { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } })];
    case 'int64':
      return [leaf(name, { type: 'INT64' })];
    case 'list<float>':
      return [
        { ...group(name, 'OPTIONAL'), converted_type: 'LIST', logical_type: { type: 'LIST' } },
        group('list', 'REPEATED'),
        leaf('element', { type: 'FLOAT' }),
      ];
    default:
      return type satisfies never;
  }
}

/** The path of the one leaf of an output column. */
export function outputPath(column: OutputColumn): readonly string[] {
  return outputElements(column).map((element) => element.name);
}

function leaf(name: string, rest: Omit<SchemaElement, 'name'>): SchemaElement {
  return { name, repetition_type: 'OPTIONAL', ...rest };
}

function group(name: string, repetition: 'OPTIONAL' | 'REPEATED'): SchemaElement {
  return { name, repetition_type: repetition, num_children: 1 };
}
