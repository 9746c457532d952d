import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { JobOutput } from '../data.ts';
import type { PeerPrompt } from './records.ts';

export async function duckdb(sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(sql);
  connection.closeSync();
  instance.closeSync();
}

/**
 * Read by one thread: on prose with line ends in quotes DuckDB's parallel reader stops with the advice to do so, unless every column
 * is wanted and its types tell where records begin.
 */
export function csvTable(file: string, { parallel = false } = {}): string {
  const types = "{'topic': 'VARCHAR', 'source': 'VARCHAR'}";
  return `read_csv('${file}', header = true, delim = ',', quote = '"', escape = '"', types = ${types}, parallel = ${parallel})`;
}

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** Records of a table as JSON lines. */
export function copyRecords(table: string, { column, before, behind }: PeerPrompt, folder: string): string {
  return `COPY (
    SELECT 'R' || lpad((row_number() OVER () - 1)::VARCHAR, 10, '0') AS recordId,
      {'anthropic_version': 'bedrock-2023-05-31', 'max_tokens': 1024, 'messages': [{'role': 'user', 'content': [
        {'type': 'text', 'text': ${literal(before)} || ${column} || ${literal(behind)}}]}]} AS modelInput
    FROM ${table}
  ) TO '${join(folder, 'duckdb.jsonl')}' (FORMAT json)`;
}

/** A job's answers beside the rows of its table. */
export function joinOutput(table: string, output: JobOutput, answer: string, to: string): string {
  return `COPY (
    SELECT t.*, o.modelOutput.${answer} AS answer
    FROM (SELECT *, 'R' || lpad((row_number() OVER () - 1)::VARCHAR, 10, '0') AS rid FROM ${table}) t
    LEFT JOIN read_json('${output.file}', format = 'newline_delimited', maximum_object_size = 100000000) o ON o.recordId = t.rid
  ) TO ${to}`;
}
