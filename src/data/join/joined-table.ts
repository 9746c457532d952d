import type { OutputFormat } from '../../batch/keys.ts';
import { Answers, type Join, type Joiner, type JoinPiece } from './join.ts';
import { csvToCsv, textToCsv } from './to-csv.ts';
import { csvToJsonl, jsonlToJsonl, parquetToJsonl } from './to-jsonl.ts';
import { parquetToParquet, textToParquet } from './to-parquet.ts';

/** The output: the source's columns, unchanged and first, then the appended ones. */
export async function* joinedTable(join: Join): AsyncGenerator<JoinPiece> {
  const answers = new Answers(join);
  try {
    yield* joiners[join.range.format][join.outputFormat](join, answers);
  } finally {
    await answers.close();
  }
}

/** By the source's format, then by the output's. Only a change of format makes text of the source's cells. */
const joiners = {
  csv: { csv: csvToCsv, parquet: textToParquet, jsonl: csvToJsonl },
  parquet: { csv: textToCsv, parquet: parquetToParquet, jsonl: parquetToJsonl },
  jsonl: { csv: textToCsv, parquet: textToParquet, jsonl: jsonlToJsonl },
} as const satisfies Record<OutputFormat, Record<OutputFormat, Joiner>>;
