/** What an ItemReader reads: one object's items, or the listing of a prefix. */
export type ItemsSource = ObjectItems | ListedItems;

export interface ObjectItems {
  readonly operation: 'getObject';
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
  readonly format: ItemFormat;
}

export interface ListedItems {
  readonly operation: 'listObjectsV2';
  readonly bucket: string;
  readonly prefix: string;
}

/** How the items lie in an object: the InputType of a ReaderConfig, with what only text of delimited fields has. */
export type ItemFormat = JsonFormat | { readonly type: 'JSONL' } | CsvFormat;

export interface JsonFormat {
  readonly type: 'JSON';
  /** RFC 6901, to the array or object whose elements are the items; without it they are those of the whole. */
  readonly pointer?: string;
}

export interface CsvFormat {
  readonly type: 'CSV';
  readonly delimiter: string;
  /** Undefined where the first row names the fields. */
  readonly headers: readonly string[] | undefined;
}

export const DELIMITERS = {
  COMMA: ',',
  PIPE: '|',
  SEMICOLON: ';',
  SPACE: ' ',
  TAB: '\t',
} as const;

export type CsvDelimiter = keyof typeof DELIMITERS;
