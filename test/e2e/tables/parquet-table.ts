import fc from 'fast-check';
import type { Duck } from '../../data/parquet/duck.ts';
import {
  arrayOf,
  jsonKinds,
  type Kind,
  listOf,
  mapOf,
  other,
  scalarKinds,
  structOf,
  text,
  textKinds,
} from './parquet-kinds.ts';

export interface ParquetSpec {
  readonly columns: readonly ParquetColumn[];
  /** Rows of each row group. */
  readonly groups: readonly number[];
  readonly codec: string;
  readonly version: string;
  /** More options of COPY. */
  readonly options: readonly string[];
  readonly seed: number;
}

interface ParquetColumn {
  readonly name: string;
  readonly kind: Kind;
  readonly nulls: keyof typeof nullRules;
}

/** Which rows are null. */
const nullRules = {
  none: () => 'false',
  some: (h: string) => `${h} % 4 = 0`,
  all: () => 'true',
  first: () => 'i < 120',
} as const satisfies Record<string, (h: string) => string>;

const scalarKind = fc.constantFrom(...scalarKinds);
const nestedKind: fc.Arbitrary<Kind> = fc.letrec<{ kind: Kind }>((tie) => ({
  kind: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    { weight: 6, arbitrary: scalarKind },
    tie('kind').map(listOf),
    fc.array(tie('kind'), { minLength: 1, maxLength: 3 }).map(structOf),
    fc.tuple(fc.constantFrom('VARCHAR', 'INTEGER'), tie('kind')).map(([key, of]) => mapOf(key, of)),
  ),
})).kind;
// DuckDB makes no structs of arrays where some are null.
const kind = fc.oneof(
  { weight: 9, arbitrary: nestedKind },
  scalarKind.map(arrayOf),
  scalarKind.map((of) => listOf(arrayOf(of))),
);

const kindsOf = {
  any: kind,
  text: fc.constantFrom(...textKinds),
  json: fc.constantFrom(...jsonKinds),
} as const;

/** Names that clash with appended columns, and names that paths and quotes could be made of. */
const name = fc.constantFrom(
  ...[
    'response',
    'embedding',
    'record_id',
    'status',
    'error',
    'stop_reason',
    'id',
    'a b',
    'a.b',
    'é東',
    '"q"',
  ],
  ...["it's", 'list', 'element', 'x,y', 'line\nend', 'UPPER', '🚀'],
);

const groups = fc
  .array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 4 })
  .map((sizes) => [100, ...sizes])
  .filter((sizes) => sizes.reduce((sum, size) => sum + size) <= 400);

const option = fc.constantFrom(
  "FIELD_IDS 'auto'",
  'KV_METADATA {origin: \'é {"x": 1}\'}',
  'DICTIONARY_SIZE_LIMIT 1',
);

/** Any Parquet table with a column that the prompt reads, somewhere among the others. */
export function parquetSpecs(prompted: string, kinds: keyof typeof kindsOf): fc.Arbitrary<ParquetSpec> {
  const column = fc.record({
    name,
    kind: kindsOf[kinds],
    nulls: fc.constantFrom(
      'none' as const,
      'some' as const,
      'some' as const,
      'all' as const,
      'first' as const,
    ),
  });
  // Names that differ in case alone are one name to DuckDB.
  const columns = fc.uniqueArray(column, { minLength: 1, maxLength: 10, selector: (of) => of.name });
  return fc.record({
    columns: fc.tuple(columns, fc.nat(), promptedColumn(prompted)).map(([others, at, own]) => {
      const place = at % (others.length + 1);
      return [...others.slice(0, place), own, ...others.slice(place)];
    }),
    groups,
    codec: fc.constantFrom('snappy', 'zstd', 'gzip', 'lz4_raw', 'brotli', 'uncompressed'),
    version: fc.constantFrom('V1', 'V2'),
    options: fc.uniqueArray(option, { maxLength: 2 }),
    seed: fc.nat(),
  });
}

function promptedColumn(named: string): fc.Arbitrary<ParquetColumn> {
  const texts = jsonKinds.filter(({ type }) => type === 'VARCHAR');
  return fc.record({
    name: fc.constant(named),
    kind: fc.constantFrom(...texts),
    nulls: fc.constantFrom('none' as const, 'some' as const),
  });
}

export const rowsOf = ({ groups: sizes }: ParquetSpec): number => sizes.reduce((sum, size) => sum + size);

/** Writes the table; each branch of a union becomes a row group of its own. */
export async function writeParquet(duck: Duck, spec: ParquetSpec, path: string): Promise<void> {
  const columns = spec.columns.map(({ name: named, kind: of, nulls }, i) => {
    const h = other(`hash(i, ${spec.seed})`, i);
    const value = `CASE WHEN ${nullRules[nulls](other(h, 7))} THEN NULL ELSE ${of.sql(h)} END::${of.type}`;
    return `${value} AS ${quoted(named)}`;
  });
  const rows = rowsOf(spec);
  await duck.run(`CREATE OR REPLACE TABLE made AS SELECT i, ${columns.join(', ')} FROM range(${rows}) r(i)`);
  const branches = spec.groups.map((size, i) => {
    const first = spec.groups.slice(0, i).reduce((sum, before) => sum + before, 0);
    return `SELECT * EXCLUDE i FROM made WHERE i >= ${first} AND i < ${first + size}`;
  });
  const options = [
    'FORMAT parquet',
    'ROW_GROUP_SIZE 1',
    `CODEC ${text(spec.codec)}`,
    `PARQUET_VERSION ${spec.version}`,
    ...spec.options,
  ];
  await duck.run(`COPY (${branches.join(' UNION ALL ')}) TO ${text(path)} (${options.join(', ')})`);
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
