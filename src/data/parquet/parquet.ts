export { parquetCells } from './cells.ts';
export type { Compression } from './codecs.ts';
export { encodeParquet } from './encode.ts';
export { openParquet } from './open.ts';
export { readParquetText } from './read-text.ts';
export { spliceParquet } from './splice.ts';
export type { ColumnValues, OutputColumn, ParquetTable, Segment } from './types.ts';
