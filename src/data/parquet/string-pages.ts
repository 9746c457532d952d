import type { CompressionCodec, Compressors, Encoding } from 'hyparquet';
import { decompressPage } from 'hyparquet/src/datapage.js';
import { deltaLengthStrings, deltaStrings, plainStrings } from './byte-arrays.ts';
import { type Places, placesFor, spreadOverNulls } from './cell-buffers.ts';
import type { Page } from './chunk-pages.ts';
import { release } from './codecs.ts';
import { decodeRle } from './rle.ts';

export interface StringPagesOptions {
  readonly codec: CompressionCodec;
  readonly compressors: Compressors;
  readonly nullable: boolean;
}

/** The cells of one page, valid until the next page is decoded. */
export interface StringCells extends Places {
  readonly bytes: Uint8Array;
  readonly rows: number;
}

/** What the two page formats have in common once they are taken apart. */
interface DataPage {
  readonly rows: number;
  readonly encoding: Encoding;
  readonly values: Uint8Array;
  /** The encoded definition levels; absent where no row can be null. */
  readonly levels?: Uint8Array;
}

/** Decodes the pages of one chunk of strings that are not repeated, to places in their decompressed bytes. */
export class StringPages {
  private readonly options: StringPagesOptions;
  private dictionary: StringCells | undefined;
  private places: Places = placesFor(0);
  private levels = new Int32Array();
  /** Of the page that was decoded last. */
  private values: Uint8Array = new Uint8Array();

  constructor(options: StringPagesOptions) {
    this.options = options;
  }

  /** A page's cells; undefined for the dictionary, which is kept. */
  decode(page: Page): StringCells | undefined {
    const { dictionary_page_header: dictionary } = page.header;
    if (dictionary) {
      this.readDictionary(this.decompressed(page.body, page), dictionary.num_values);
      return undefined;
    }
    release(this.values);
    const data = this.parts(page);
    this.values = data.values;
    this.places = placesFor(data.rows, this.places);
    const present = this.readLevels(data);
    const bytes = this.readValues(data, present);
    if (present < data.rows) spreadOverNulls(this.places, this.levels, data.rows, present);
    return { ...this.places, bytes, rows: data.rows };
  }

  /** Ends the use of all cells. */
  close(): void {
    release(this.values);
    if (this.dictionary) release(this.dictionary.bytes);
  }

  private readDictionary(values: Uint8Array, entries: number): void {
    // Each entry has a length of 4 bytes, so that a damaged count is found before memory is taken for it.
    if (4 * entries > values.length)
      throw new RangeError(`a dictionary of ${values.length} bytes ends early`);
    const places = placesFor(entries);
    this.dictionary = { ...places, bytes: plainStrings(values, entries, places), rows: entries };
  }

  private parts(page: Page): DataPage {
    const { data_page_header: v1, data_page_header_v2: v2 } = page.header;
    if (v1) return this.partsOfFormat1(page, v1.num_values, v1.encoding, v1.definition_level_encoding);
    if (!v2) throw new TypeError(`a page of the type ${page.header.type}`);
    const { repetition_levels_byte_length: before, definition_levels_byte_length: length } = v2;
    const values = page.body.subarray(before + length);
    return {
      rows: v2.num_rows,
      encoding: v2.encoding,
      values: v2.is_compressed === false ? values.slice() : this.decompressed(values, page, before + length),
      ...(this.options.nullable && { levels: page.body.subarray(before, before + length) }),
    };
  }

  private partsOfFormat1(page: Page, rows: number, encoding: Encoding, levelEncoding: Encoding): DataPage {
    const body = this.decompressed(page.body, page);
    if (!this.options.nullable) return { rows, encoding, values: body };
    if (levelEncoding === 'BIT_PACKED') throw new TypeError('levels in the deprecated encoding BIT_PACKED');
    const end = 4 + new DataView(body.buffer, body.byteOffset, body.byteLength).getUint32(0, true);
    return { rows, encoding, values: body.subarray(end), levels: body.subarray(4, end) };
  }

  /** Bytes that may be written to: those of the file itself are copied. */
  private decompressed(body: Uint8Array, { header }: Page, levelBytes = 0): Uint8Array {
    const { codec, compressors } = this.options;
    const bytes = decompressPage(body, header.uncompressed_page_size - levelBytes, codec, compressors);
    return codec === 'UNCOMPRESSED' ? bytes.slice() : bytes;
  }

  /** Counts the values that are there. */
  private readLevels({ levels, rows }: DataPage): number {
    if (!levels) return rows;
    if (this.levels.length < rows) this.levels = new Int32Array(rows);
    decodeRle({ bytes: levels, at: 0, end: levels.length }, 1, this.levels, rows);
    let present = 0;
    for (let row = 0; row < rows; row += 1) present += this.levels[row] ?? 0;
    return present;
  }

  private readValues({ values, encoding }: DataPage, present: number): Uint8Array {
    switch (encoding) {
      case 'PLAIN':
        return plainStrings(values, present, this.places);
      case 'PLAIN_DICTIONARY':
      case 'RLE_DICTIONARY':
        return this.lookUp(values, present);
      case 'DELTA_LENGTH_BYTE_ARRAY':
        return deltaLengthStrings(values, present, this.places);
      case 'DELTA_BYTE_ARRAY':
        return deltaStrings(values, present, this.places);
      default:
        throw new TypeError(`strings in the encoding ${encoding}`);
    }
  }

  private lookUp(values: Uint8Array, present: number): Uint8Array {
    if (present === 0) return values;
    if (!this.dictionary) throw new TypeError('a page without its dictionary');
    const { starts, ends } = this.places;
    const { starts: entryStarts, ends: entryEnds, rows: entries, bytes } = this.dictionary;
    decodeRle({ bytes: values, at: 1, end: values.length }, values[0] ?? 0, starts, present);
    for (let i = 0; i < present; i += 1) {
      const entry = starts[i] ?? 0;
      if (entry < 0 || entry >= entries) throw new RangeError(`entry ${entry} of a dictionary of ${entries}`);
      starts[i] = entryStarts[entry] ?? 0;
      ends[i] = entryEnds[entry] ?? 0;
    }
    return bytes;
  }
}
