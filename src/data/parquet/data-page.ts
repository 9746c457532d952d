import type { Encoding } from 'hyparquet';
import type { Page } from './chunk-pages.ts';
import type { PageMemory } from './page-memory.ts';
import type { PageLevels } from './page-writer.ts';

/** What the two formats of data pages have in common once they are taken apart. */
export interface DataPage {
  /** Values with levels: rows, and of what is repeated more than those. */
  readonly entries: number;
  readonly encoding: Encoding;
  /** Present values, encoded. Their bytes may be written to. */
  readonly values: Uint8Array;
  /** Run-length encoded levels, without their length; absent where a column has none of that kind. */
  readonly definitions?: Uint8Array;
  readonly repetitions?: Uint8Array;
}

/** All of it lies in the memory, and not in the page's own bytes. */
export function takeApart(page: Page, memory: PageMemory, levels: PageLevels): DataPage {
  const { data_page_header: v1, data_page_header_v2: v2 } = page.header;
  if (v1) return partsOfFormat1(page, v1, memory, levels);
  if (!v2) throw new TypeError(`a page of the type ${page.header.type}`);
  const { repetition_levels_byte_length: before, definition_levels_byte_length: length } = v2;
  const end = before + length;
  return {
    entries: v2.num_values,
    encoding: v2.encoding,
    values: memory.unpack(page, end, v2.is_compressed === false),
    ...(levels.repetitions && { repetitions: page.body.slice(0, before) }),
    ...(levels.definitions && { definitions: page.body.slice(before, end) }),
  };
}

function partsOfFormat1(
  page: Page,
  header: NonNullable<Page['header']['data_page_header']>,
  memory: PageMemory,
  levels: PageLevels,
): DataPage {
  let values = memory.unpack(page);
  const take = (encoding: Encoding) => {
    assertRunLengths(encoding);
    const end = 4 + new DataView(values.buffer, values.byteOffset, values.byteLength).getUint32(0, true);
    const taken = values.subarray(4, end);
    values = values.subarray(end);
    return taken;
  };
  const repetitions = levels.repetitions ? take(header.repetition_level_encoding) : undefined;
  const definitions = levels.definitions ? take(header.definition_level_encoding) : undefined;
  return {
    entries: header.num_values,
    encoding: header.encoding,
    values,
    ...(repetitions && { repetitions }),
    ...(definitions && { definitions }),
  };
}

/** The encoding that RLE replaced in 2013 has no length before it. */
export function assertRunLengths(levels: Encoding): void {
  if (levels === 'BIT_PACKED') throw new TypeError('levels in the deprecated encoding BIT_PACKED');
}
