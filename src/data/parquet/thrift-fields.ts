import { binary, integer, THRIFT, type ThriftField, writeList, writeStruct } from './thrift.ts';

export function i32(id: number, value: number): ThriftField {
  return { id, type: THRIFT.i32, raw: integer(BigInt(value)) };
}

export function i64(id: number, value: bigint): ThriftField {
  return { id, type: THRIFT.i64, raw: integer(value) };
}

export function text(id: number, value: string): ThriftField {
  return { id, type: THRIFT.binary, raw: binary(value) };
}

export function struct(id: number, fields: readonly ThriftField[]): ThriftField {
  return { id, type: THRIFT.struct, raw: writeStruct(fields) };
}

export function structs(id: number, items: readonly Uint8Array[]): ThriftField {
  return { id, type: THRIFT.list, raw: writeList({ type: THRIFT.struct, items }) };
}

/** A boolean's value is its type. */
export function bool(id: number, value: boolean): ThriftField {
  return { id, type: value ? THRIFT.true : THRIFT.false, raw: new Uint8Array() };
}

/** A union whose member is a struct. */
export function unionOf(member: number, fields: readonly ThriftField[] = []): Uint8Array {
  return writeStruct([struct(member, fields)]);
}
