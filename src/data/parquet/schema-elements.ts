import type { LogicalType, SchemaElement, TimeUnit } from 'hyparquet';
import { ConvertedTypes, FieldRepetitionTypes, ParquetTypes } from 'hyparquet/src/constants.js';
import { THRIFT, writeStruct } from './thrift.ts';
import { bool, i32, text, unionOf } from './thrift-fields.ts';

/** Members of the union LogicalType, of those that output columns have. */
const LOGICAL_TYPES: Readonly<Partial<Record<string, number>>> = {
  STRING: 1,
  LIST: 3,
  DATE: 6,
  TIMESTAMP: 8,
};
const TIME_UNITS = { MILLIS: 1, MICROS: 2, NANOS: 3 } as const satisfies Record<TimeUnit, number>;

/** A SchemaElement of parquet.thrift. */
export function schemaElement(element: SchemaElement): Uint8Array {
  const { type, repetition_type: repetition, name, num_children: children } = element;
  const { converted_type: converted, logical_type: logical } = element;
  return writeStruct([
    ...(type ? [i32(1, ParquetTypes.indexOf(type))] : []),
    ...(repetition ? [i32(3, FieldRepetitionTypes.indexOf(repetition))] : []),
    text(4, name),
    ...(children === undefined ? [] : [i32(5, children)]),
    ...(converted ? [i32(6, ConvertedTypes.indexOf(converted))] : []),
    ...(logical ? [{ id: 10, type: THRIFT.struct, raw: logicalType(logical) }] : []),
  ]);
}

function logicalType(logical: LogicalType): Uint8Array {
  const member = LOGICAL_TYPES[logical.type];
  if (member === undefined) throw new TypeError(`no output column is a ${logical.type}`);
  if (logical.type !== 'TIMESTAMP') return unionOf(member);
  const unit = { id: 2, type: THRIFT.struct, raw: unionOf(TIME_UNITS[logical.unit]) };
  return unionOf(member, [bool(1, logical.isAdjustedToUTC), unit]);
}
