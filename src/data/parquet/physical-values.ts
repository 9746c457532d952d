import type { Encoding, ParquetType, SchemaElement } from 'hyparquet';
import { DeltaArrays, DeltaLengthArrays, PlainArrays } from './byte-arrays.ts';
import { placesFor } from './cell-buffers.ts';
import { BooleanValues, DeltaValues, DictionaryValues, FixedValues, SplitValues } from './fixed-values.ts';
import { RleReader } from './rle.ts';
import { TextReader, withSoundTexts } from './texts.ts';
import type { PhysicalValues, ValueReader } from './value-reader.ts';

export interface EncodedValues {
  readonly encoding: Encoding;
  /** They may be written to. */
  readonly bytes: Uint8Array;
}

const WIDTHS = { INT32: 4, INT64: 8, INT96: 12, FLOAT: 4, DOUBLE: 8 } as const;

/** Of encodings that are not for all types. */
const TYPES: Partial<Record<Encoding, readonly (ParquetType | undefined)[]>> = {
  RLE: ['BOOLEAN'],
  DELTA_BINARY_PACKED: ['INT32', 'INT64'],
  DELTA_LENGTH_BYTE_ARRAY: ['BYTE_ARRAY'],
  DELTA_BYTE_ARRAY: ['BYTE_ARRAY', 'FIXED_LEN_BYTE_ARRAY'],
};

/**
 * Decodes what pages hold without making numbers of it, so that not even a NaN's bits can change. A boolean is a byte of
 * 0 or 1. As texts, values are made UTF-8.
 */
export class PhysicalDecoder {
  private readonly element: SchemaElement;
  private readonly areTexts: boolean;
  private dictionary: PhysicalValues | undefined;

  constructor(element: SchemaElement, areTexts: boolean) {
    this.element = element;
    this.areTexts = areTexts;
  }

  readDictionary(bytes: Uint8Array, count: number): void {
    const { type } = this.element;
    // A damaged count is found before memory is taken for it: an entry has a length of 4 bytes, or a bit.
    if (count > (type === 'BYTE_ARRAY' ? bytes.length / 4 : 8 * bytes.length))
      throw new RangeError(`a dictionary of ${bytes.length} bytes ends early`);
    const values = type === 'BYTE_ARRAY' ? new PlainArrays(bytes, Infinity) : this.plain(bytes);
    const entries = values.read(count, placesFor(count));
    this.dictionary = this.areTexts ? withSoundTexts(entries) : entries;
  }

  open(values: EncodedValues): ValueReader {
    return this.asTexts(this.reader(values));
  }

  /** The same values, as texts where they are some; entries of the dictionary are texts already. */
  asTexts(reader: ValueReader): ValueReader {
    return this.areTexts && !(reader instanceof DictionaryValues) ? new TextReader(reader) : reader;
  }

  private reader({ encoding, bytes }: EncodedValues): ValueReader {
    const { type } = this.element;
    if (TYPES[encoding]?.includes(type) === false) throw new TypeError(`values of ${type} in ${encoding}`);
    switch (encoding) {
      case 'PLAIN':
        return this.plain(bytes);
      case 'PLAIN_DICTIONARY':
      case 'RLE_DICTIONARY':
        return this.lookUp(bytes);
      case 'RLE':
        // They have their length before them, in both formats of pages.
        return new BooleanValues(new RleReader({ bytes, at: 4, end: bytes.length }, 1));
      case 'DELTA_BINARY_PACKED':
        return new DeltaValues(bytes, type === 'INT64' ? 8 : 4);
      case 'DELTA_LENGTH_BYTE_ARRAY':
        return new DeltaLengthArrays(bytes);
      case 'DELTA_BYTE_ARRAY':
        return new DeltaArrays(bytes);
      case 'BYTE_STREAM_SPLIT':
        return new SplitValues(bytes, this.fixedWidth());
      default:
        throw new TypeError(`values in the encoding ${encoding}`);
    }
  }

  private plain(bytes: Uint8Array): ValueReader {
    const { type } = this.element;
    if (type === 'BOOLEAN')
      return new BooleanValues(RleReader.packed({ bytes, at: 0, end: bytes.length }, 1));
    return type === 'BYTE_ARRAY' ? new PlainArrays(bytes) : new FixedValues(bytes, this.fixedWidth());
  }

  private lookUp(bytes: Uint8Array): ValueReader {
    if (!this.dictionary) throw new TypeError('a page without its dictionary');
    return new DictionaryValues(this.dictionary, { bytes, at: 0, end: bytes.length });
  }

  /** Bytes of a PLAIN value, where all have as many. */
  get width(): number | undefined {
    const { type, type_length: length } = this.element;
    return type === 'FIXED_LEN_BYTE_ARRAY' ? length : WIDTHS[type as keyof typeof WIDTHS];
  }

  private fixedWidth(): number {
    const { width, element } = this;
    const { type } = element;
    if (width === undefined) throw new TypeError(`values of a fixed width in a column of ${type}`);
    return width;
  }
}
