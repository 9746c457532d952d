import type { OutputFormat } from '../batch/keys.ts';
import type { PinnedObject, SourceRange, StartPosition } from '../batch/manifest.ts';
import { RecentIds } from '../data/jsonl/ready-made.ts';
import { KeyCollector } from '../data/jsonl/table.ts';
import { RowIndex, type RowIndexState } from '../data/row-index.ts';
import type { ScannedRows, ScanWanted } from '../data/scan.ts';
import type { Table } from '../data/table.ts';
import { type InferenceState, TypeInference } from '../data/type-inference.ts';
import { BatchError } from '../errors.ts';

/** One object of the dataset, pinned and read through. */
export interface SourceFile {
  readonly object: PinnedObject;
  readonly format: OutputFormat;
  readonly columns: readonly string[];
  readonly rowCount: number;
  /** Its first row, counted within the dataset. */
  readonly firstRow: number;
  /** Its key below the prefix that the user named, or its name. */
  readonly relativeKey: string;
}

/** A file whose rows are being read. */
export type OpenFile = Pick<SourceFile, 'object' | 'format' | 'relativeKey'> & {
  /** What refusals call it. */
  readonly name: string;
  readonly columns: readonly string[];
  /** Where the next row begins; the first where it is absent. */
  readonly next?: StartPosition | undefined;
};

/** Thousands of files may have the same thousand columns: their lists are told once. */
type FileState = Omit<SourceFile, 'columns'> & { readonly columns: number };

export interface SurveyState {
  readonly files: readonly FileState[];
  readonly column_lists: readonly (readonly string[])[];
  readonly open?: OpenFile | undefined;
  readonly index: RowIndexState;
  readonly types?: InferenceState | undefined;
  readonly recent_ids?: readonly string[] | undefined;
}

export interface SurveyOptions {
  /** Record ids may come again after so many rows. */
  readonly idsKept: number;
  readonly inferTypes: boolean;
}

/** What is known of a dataset whose rows are read once, in order, file by file. It may be put down between any two reads. */
export class Survey {
  readonly #files: SourceFile[];
  readonly #columnLists = new Map<string, readonly string[]>();
  readonly #index: RowIndex;
  readonly #recentIds: RecentIds;
  readonly #inferTypes: boolean;
  #types: TypeInference | undefined;
  #open: OpenFile | undefined;

  constructor({ idsKept, inferTypes }: SurveyOptions, state?: SurveyState) {
    const lists = state?.column_lists ?? [];
    for (const columns of lists) this.#listOf(columns);
    this.#files = (state?.files ?? []).map((file) => ({ ...file, columns: lists[file.columns] ?? [] }));
    this.#open = state?.open;
    this.#index = new RowIndex(undefined, state?.index);
    this.#recentIds = new RecentIds(idsKept, state?.recent_ids);
    this.#inferTypes = inferTypes;
    this.#types = state?.types === undefined ? undefined : TypeInference.from(state.types);
  }

  get files(): readonly SourceFile[] {
    return this.#files;
  }

  /** The lists of columns that files have, each once. */
  get columnLists(): readonly (readonly string[])[] {
    return [...this.#columnLists.values()];
  }

  get rows(): number {
    return this.#index.rows;
  }

  /** The file in which a survey was put down. */
  get openFile(): OpenFile | undefined {
    return this.#open;
  }

  get types(): TypeInference | undefined {
    return this.#types;
  }

  /** Reads on in a file while there is time. True when it was read to its end. */
  async read(file: OpenFile, table: Table, wanted: ScanWanted, hasTime: () => boolean): Promise<boolean> {
    const firstRow = this.#index.rows - (file.next?.row ?? 0);
    // Only objects of JSON lines may have columns that were not seen yet.
    const keys = file.format === 'jsonl' ? new KeyCollector(file.name, file.columns) : undefined;
    const columns = () => keys?.keys ?? file.columns;
    if (this.#inferTypes) this.#types ??= new TypeInference(wanted.texts);
    this.#open = file;
    for await (const rows of table.scan(wanted, file.next)) {
      this.#add(rows, file);
      keys?.add(rows.keys ?? []);
      this.#open = { ...file, columns: columns(), next: rows.next };
      if (!hasTime()) return false;
    }
    const { object, format, relativeKey } = file;
    const rowCount = this.#index.rows - firstRow;
    this.#files.push({ object, format, columns: this.#listOf(columns()), rowCount, firstRow, relativeKey });
    this.#open = undefined;
    return true;
  }

  #listOf(columns: readonly string[]): readonly string[] {
    const key = JSON.stringify(columns);
    const known = this.#columnLists.get(key);
    if (known === undefined) this.#columnLists.set(key, columns);
    return known ?? columns;
  }

  #add(rows: ScannedRows, { name }: OpenFile): void {
    const index = this.#index;
    const firstRow = rows.next.row - rows.count;
    for (let i = 0; i < rows.count; i++) {
      if (index.wantsPosition) {
        index.mark({ file: this.#files.length, row: firstRow + i, ...rows.position(i) });
      }
      index.add(rows.size(i));
      if (rows.texts !== undefined) this.#types?.add(rows.texts(i));
    }
    for (const id of rows.recordIds ?? []) this.#requireNew(id, name);
  }

  #requireNew(id: string, name: string): void {
    if (this.#recentIds.add(id)) return;
    const rule = `must be of one record alone, since Bedrock answers by it, and the records of a job have it twice`;
    throw new BatchError('InvalidInput', `Cannot read ${name}: the recordId ${JSON.stringify(id)} ${rule}.`);
  }

  bytesWithin(first: number, end: number): number {
    return this.#index.bytesWithin(first, end);
  }

  /** The rows of a file from one row of the dataset on, at most so many. */
  rangeOf(place: number, datasetRow: number, most: number): SourceRange {
    const { object, format, firstRow, rowCount } = this.#files[place] as SourceFile;
    const first_row = Math.max(0, datasetRow - firstRow);
    const row_count = Math.min(rowCount - first_row, most - Math.max(0, firstRow - datasetRow));
    return { object, format, first_row, row_count, start: this.#startOf(place, firstRow + first_row) };
  }

  #startOf(place: number, datasetRow: number): StartPosition | undefined {
    const { file, row, offset, line, pages } = this.#index.find(datasetRow) ?? {};
    if (file !== place || row === undefined || offset === undefined || line === undefined) return undefined;
    return { row, offset, line, ...(pages && { pages }) };
  }

  toJSON(): SurveyState {
    const lists = this.columnLists;
    const places = new Map(lists.map((columns, i) => [columns, i]));
    return {
      files: this.#files.map((file) => ({ ...file, columns: places.get(file.columns) ?? 0 })),
      column_lists: lists,
      open: this.#open,
      index: this.#index.toJSON(),
      types: this.#types?.toJSON(),
      recent_ids: this.#recentIds.toJSON(),
    };
  }
}
