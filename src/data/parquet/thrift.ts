/**
 * Structs of the Thrift compact protocol, opened one level at a time. A field's value stays the bytes it came in, so
 * what is not edited is written back exactly, whether or not this code knows it.
 */

export const THRIFT = {
  true: 1,
  false: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12,
  uuid: 13,
} as const;

export interface ThriftField {
  readonly id: number;
  readonly type: number;
  /** The encoded value, without the field's header. Empty for booleans: their value is the type. */
  readonly raw: Uint8Array;
}

export interface ThriftList {
  readonly type: number;
  readonly items: readonly Uint8Array[];
}

export function readStruct(bytes: Uint8Array): ThriftField[] {
  return new Cursor(bytes).fields();
}

export function writeStruct(fields: readonly ThriftField[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let previous = 0;
  for (const { id, type, raw } of fields) {
    const delta = id - previous;
    if (delta > 0 && delta <= 15) parts.push(Uint8Array.of((delta << 4) | type), raw);
    else parts.push(Uint8Array.of(type), integer(BigInt(id)), raw);
    previous = id;
  }
  return Buffer.concat([...parts, Uint8Array.of(0)]);
}

export function readList(raw: Uint8Array): ThriftList {
  const cursor = new Cursor(raw);
  const { type, size } = cursor.listHeader();
  const items: Uint8Array[] = [];
  for (let i = 0; i < size; i += 1) items.push(cursor.item(type));
  return { type, items };
}

export function writeList({ type, items }: ThriftList): Uint8Array {
  const size = items.length;
  const header =
    size < 15
      ? Uint8Array.of((size << 4) | type)
      : Buffer.concat([Uint8Array.of(0xf0 | type), varint(BigInt(size))]);
  return Buffer.concat([header, ...items]);
}

/** An i16, i32 or i64: they share one encoding. */
export function integer(value: bigint): Uint8Array {
  return varint(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)));
}

export function readInteger(raw: Uint8Array): bigint {
  const zigzag = new Cursor(raw).varint();
  return BigInt.asIntN(64, (zigzag >> 1n) ^ -(zigzag & 1n));
}

export function binary(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  return Buffer.concat([varint(BigInt(bytes.length)), bytes]);
}

export function readBinary(raw: Uint8Array): string {
  const cursor = new Cursor(raw);
  return Buffer.from(cursor.take(cursor.size())).toString();
}

export function fieldOf(fields: readonly ThriftField[], id: number): ThriftField | undefined {
  return fields.find((field) => field.id === id);
}

/** The fields with one value edited; a field that is absent stays absent. */
export function editField(
  fields: readonly ThriftField[],
  id: number,
  edit: (raw: Uint8Array) => Uint8Array,
): ThriftField[] {
  return fields.map((field) => (field.id === id ? { ...field, raw: edit(field.raw) } : field));
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Uint8Array.of(...bytes, Number(rest));
}

class Cursor {
  private readonly bytes: Uint8Array;
  private offset = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  take(length: number): Uint8Array {
    const end = this.offset + length;
    if (end > this.bytes.length) throw new RangeError('Thrift value runs past its end');
    const taken = this.bytes.subarray(this.offset, end);
    this.offset = end;
    return taken;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('Thrift integer is longer than 64 bits');
  }

  size(): number {
    return Number(this.varint());
  }

  fields(): ThriftField[] {
    const fields: ThriftField[] = [];
    let id = 0;
    for (let header = this.byte(); header !== 0; header = this.byte()) {
      const delta = header >> 4;
      id = delta === 0 ? Number(this.fieldId()) : id + delta;
      const type = header & 0x0f;
      fields.push({ id, type, raw: this.value(type) });
    }
    return fields;
  }

  listHeader(): { readonly type: number; readonly size: number } {
    const header = this.byte();
    const short = header >> 4;
    return { type: header & 0x0f, size: short === 15 ? this.size() : short };
  }

  /** An element of a list or map. Unlike a field's, its boolean takes a byte. */
  item(type: number): Uint8Array {
    return type === THRIFT.true || type === THRIFT.false ? this.take(1) : this.value(type);
  }

  private value(type: number): Uint8Array {
    const start = this.offset;
    this.skip(type);
    return this.bytes.subarray(start, this.offset);
  }

  private skip(type: number): void {
    switch (type) {
      case THRIFT.true:
      case THRIFT.false:
        return;
      case THRIFT.byte:
        this.take(1);
        return;
      case THRIFT.i16:
      case THRIFT.i32:
      case THRIFT.i64:
        while (this.byte() >= 0x80);
        return;
      case THRIFT.double:
        this.take(8);
        return;
      case THRIFT.binary:
        this.take(this.size());
        return;
      case THRIFT.uuid:
        this.take(16);
        return;
      default:
        this.skipContainer(type);
    }
  }

  private skipContainer(type: number): void {
    if (type === THRIFT.list || type === THRIFT.set) {
      const list = this.listHeader();
      for (let i = 0; i < list.size; i += 1) this.item(list.type);
    } else if (type === THRIFT.map) {
      this.skipMap();
    } else if (type === THRIFT.struct) {
      for (let header = this.byte(); header !== 0; header = this.byte()) {
        if (header >> 4 === 0) this.fieldId();
        this.skip(header & 0x0f);
      }
    } else {
      throw new RangeError(`Thrift type ${type} does not exist`);
    }
  }

  private skipMap(): void {
    const size = this.size();
    if (size === 0) return;
    const types = this.byte();
    for (let i = 0; i < size; i += 1) {
      this.item(types >> 4);
      this.item(types & 0x0f);
    }
  }

  private fieldId(): bigint {
    const zigzag = this.varint();
    return (zigzag >> 1n) ^ -(zigzag & 1n);
  }

  private byte(): number {
    const byte = this.bytes[this.offset];
    if (byte === undefined) throw new RangeError('Thrift value runs past its end');
    this.offset += 1;
    return byte;
  }
}
