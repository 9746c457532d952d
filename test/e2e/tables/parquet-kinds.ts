/** A SQL type and an expression that makes a value of it from `h`, an expression of a random UBIGINT. */
export interface Kind {
  readonly type: string;
  sql(h: string): string;
  /** What a counterexample shows. */
  toString(): string;
}

function kindOf(type: string, sql: Kind['sql']): Kind {
  return { type, sql, toString: () => type };
}

/** Values that break readers, then one that `h` makes. */
function scalar(type: string, edges: readonly string[], any: (h: string) => string): Kind {
  const turns = edges.map((edge, i) => `WHEN ${i} THEN ${text(edge)}::${type}`).join(' ');
  return kindOf(type, (h) =>
    turns === ''
      ? `(${any(h)})::${type}`
      : `CASE ${h} % ${edges.length + 6} ${turns} ELSE (${any(h)})::${type} END`,
  );
}

/** A literal of SQL. */
export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

const digits = (h: string) => `(${h} % 100000)::VARCHAR || '.' || (${h} % 10)::VARCHAR`;
const instant = (h: string) => `make_timestamp((${h} % 4102444800000000)::BIGINT)`;
const floats = ['nan', 'inf', '-inf', '-0.0'];
const days = ['0001-01-01', '9999-12-31', '1969-12-31'];

/** Kinds whose text DuckDB writes as this project does, and that it takes out of JSON without loss. */
export const jsonKinds: readonly Kind[] = [
  scalar('TINYINT', ['-128', '127'], (h) => `(${h} % 256)::INTEGER - 128`),
  scalar('SMALLINT', ['-32768', '32767'], (h) => `(${h} % 65536)::INTEGER - 32768`),
  scalar('INTEGER', ['-2147483648', '2147483647'], (h) => `(${h} % 4294967296)::BIGINT - 2147483648`),
  scalar('BIGINT', ['-9223372036854775808', '9223372036854775807'], (h) => `${h} // 2`),
  scalar('UTINYINT', ['255'], (h) => `${h} % 256`),
  scalar('USMALLINT', ['65535'], (h) => `${h} % 65536`),
  scalar('UINTEGER', ['4294967295'], (h) => `${h} % 4294967296`),
  scalar('UBIGINT', ['18446744073709551615'], (h) => h),
  scalar('BOOLEAN', [], (h) => `${h} % 2 = 0`),
  scalar('DATE', days, (h) => `DATE '1970-01-01' + (${h} % 40000)::INTEGER - 20000`),
  scalar('UUID', ['00000000-0000-0000-0000-000000000000'], (h) => `md5((${h})::VARCHAR)`),
  scalar(
    'VARCHAR',
    ['', ' ', 'NULL', 'a, "b"\r\nc\n', "'é東京🚀\u2028\u0001'", 'x'.repeat(3000)],
    (h) => `'v' || ${h}`,
  ),
  scalar('VARCHAR', ['', 'seldom'], (h) => `'often ' || (${h} % 3)`),
  scalar("ENUM ('', 'even', 'odd é')", ['', 'even'], () => `'odd é'`),
];

/** Kinds whose text DuckDB writes as this project does. */
export const textKinds: readonly Kind[] = [
  ...jsonKinds,
  scalar('DECIMAL(4, 1)', ['-999.9', '999.9'], (h) => `${h} % 1000`),
  scalar('DECIMAL(9, 2)', ['-9999999.99', '0.01'], digits),
  scalar('DECIMAL(18, 4)', ['-99999999999999.9999'], digits),
  scalar('DECIMAL(38, 10)', ['9999999999999999999999999999.9999999999'], digits),
];

const otherKinds: readonly Kind[] = [
  scalar('HUGEINT', ['-170141183460469231731687303715884105728'], (h) => h),
  scalar('FLOAT', [...floats, '1e-45', '3.4028235e38'], (h) => `(${h} % 1000003) / 7.0`),
  scalar('DOUBLE', [...floats, '5e-324', '1.7976931348623157e308'], (h) => `(${h})::DOUBLE / 7.0`),
  scalar(
    'TIME',
    ['00:00:00', '23:59:59.999999'],
    (h) => `TIME '00:00:00' + to_microseconds((${h} % 86400000000)::BIGINT)`,
  ),
  ...['TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP', 'TIMESTAMPTZ'].map((type) => scalar(type, days, instant)),
  scalar('TIMESTAMP_NS', ['1969-12-31 23:59:59.999999999', '2262-04-11 23:47:16.854775806'], instant),
  scalar('BLOB', ['', '\\x00\\xFF\\x22\\x0A'], (h) => `unhex(md5((${h})::VARCHAR))`),
  scalar('JSON', ['null', '{"a": [1.10, {"b": null}]}', '"é"'], (h) => `'{"j":' || ${h} || '}'`),
  scalar('INTERVAL', ['1 month 3 days', '25 hours'], (h) => `to_days((${h} % 1000)::INTEGER)`),
  scalar('TIMETZ', ['12:00:00+02', '23:59:59.999999-15:59'], () => `'00:00:00+00'`),
  scalar('BIT', ['0', '101010101'], (h) => `(${h} % 256)::INTEGER::BIT`),
];

export const scalarKinds: readonly Kind[] = [...textKinds, ...otherKinds];

/** Another random number made of one. */
export function other(h: string, turn: number): string {
  return `hash(${h}, ${turn})`;
}

function nullable({ type, sql }: Kind, h: string): string {
  return `CASE WHEN ${other(h, 9)} % 5 = 0 THEN NULL ELSE ${sql(other(h, 8))} END::${type}`;
}

export function listOf(of: Kind): Kind {
  const type = `${of.type}[]`;
  const items = (h: string) => `[${nullable(of, other(h, 1))}, ${nullable(of, other(h, 2))}]::${type}`;
  return kindOf(
    type,
    (h) => `CASE ${h} % 4 WHEN 0 THEN []::${type} WHEN 1 THEN [NULL]::${type} ELSE ${items(h)} END`,
  );
}

/** Of a list, which is cast where it is used: DuckDB has no CASE of arrays. */
export function arrayOf(of: Kind): Kind {
  const items = (h: string) => `[${nullable(of, other(h, 1))}, ${nullable(of, other(h, 2))}]`;
  return kindOf(`${of.type}[2]`, (h) => `${items(h)}::${of.type}[]`);
}

export function structOf(fields: readonly Kind[]): Kind {
  const type = `STRUCT(${fields.map((field, i) => `"field ${i}.é" ${field.type}`).join(', ')})`;
  const values = (h: string) => fields.map((field, i) => nullable(field, other(h, i)));
  return kindOf(type, (h) => `row(${values(h).join(', ')})::${type}`);
}

export function mapOf(key: string, of: Kind): Kind {
  const type = `MAP(${key}, ${of.type})`;
  const keys = ['1', '22', '333'];
  const entries = (h: string) => keys.map((name, i) => `${text(name)}: ${nullable(of, other(h, i))}`);
  const filled = (h: string) => `MAP {${entries(h).join(', ')}}::${type}`;
  return kindOf(type, (h) => `CASE ${h} % 3 WHEN 0 THEN MAP {}::${type} ELSE ${filled(h)} END`);
}
