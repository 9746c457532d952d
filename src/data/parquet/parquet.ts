export { parquetCells } from './cells.ts';
export type { Compression } from './codecs.ts';
export { encodeParquet, ParquetFile } from './encode.ts';
export type { FileState } from './file-state.ts';
export { openParquet } from './open.ts';
export { parquetJson } from './read-json.ts';
export { readParquetText } from './read-text.ts';
export { type Segment, spliceParquet } from './splice.ts';
export type { ColumnValues, OutputColumn, OutputType, OutputValue, ParquetTable } from './types.ts';
