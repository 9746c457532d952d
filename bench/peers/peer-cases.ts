import { statSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promptTemplates } from '../../src/prompts/templates.ts';
import type { BenchData } from '../data.ts';
import type { Timed } from '../measure.ts';
import { claudeModel, titanModel } from '../models.ts';
import { copyRecords, csvTable, duckdb, joinOutput } from './duckdb.ts';
import { mapJoin, papaparse, parquetWasm } from './javascript.ts';
import { answerPages, compressAll, extractOnly } from './parts.ts';
import { pandasJoin, pandasPrepare, pandasVectors, python } from './python.ts';
import { type PeerPrompt, peerPrompt, peerRecord } from './records.ts';

/** What others do for the same result, in the plain way that their documentation shows. */
export type PeerCase = (data: BenchData, folder: string, timed: Timed) => Promise<void>;

const shortPrompt = peerPrompt(promptTemplates.joke_about_topic);
const longPrompt = peerPrompt(promptTemplates.question_answering);

const work = (rows: number, file: string) => ({ rows, bytes: statSync(file).size });

export const peerCases: Readonly<Record<string, PeerCase>> = {
  'cp of the CSV': ({ rows, csv }, folder, timed) =>
    timed(work(rows, csv), () => copyFile(csv, join(folder, 'copy.csv'))),
  'JSON.stringify of ready objects, in memory': stringify,
  ...preparing('short text', shortPrompt),
  ...preparing('long text', longPrompt),
  ...joiningText('long text', 'longText'),
  ...joiningText('short text', 'shortText'),
  ...joiningVectors(),
};

async function stringify({ rows, csv }: BenchData, _: string, timed: Timed): Promise<void> {
  const ready = Array.from({ length: 50_000 }, (_, i) =>
    peerRecord(i, `a joke about topic ${i} quick brown`),
  );
  await timed(work(rows, csv), async () => {
    let bytes = 0;
    for (let row = 0; row < rows; row++) bytes += JSON.stringify(ready[row % ready.length]).length;
    return bytes;
  });
}

function preparing(name: string, prompt: PeerPrompt): Record<string, PeerCase> {
  return {
    [`prepare CSV, ${name}: DuckDB COPY`]: ({ rows, csv }, folder, timed) =>
      timed(work(rows, csv), () => duckdb(copyRecords(csvTable(csv), prompt, folder))),
    [`prepare CSV, ${name}: papaparse`]: ({ rows, csv }, folder, timed) =>
      timed(work(rows, csv), () => papaparse(csv, prompt, join(folder, 'papa.jsonl'))),
    [`prepare CSV, ${name}: pandas`]: ({ rows, csv }, folder, timed) =>
      timed(work(rows, csv), async () => {
        const { column, before, behind } = prompt;
        const texts = JSON.stringify([before, behind]);
        return python(pandasPrepare, csv, join(folder, 'pandas.jsonl'), column, texts);
      }),
    [`prepare Parquet, ${name}: DuckDB COPY`]: ({ rows, parquet }, folder, timed) =>
      timed(work(rows, parquet), () => duckdb(copyRecords(`'${parquet}'`, prompt, folder))),
    [`prepare Parquet, ${name}: parquet-wasm`]: ({ rows, parquet }, folder, timed) =>
      timed(work(rows, parquet), () => parquetWasm(parquet, prompt, join(folder, 'wasm.jsonl'))),
  };
}

function joiningText(name: string, kind: 'longText' | 'shortText'): Record<string, PeerCase> {
  const peer =
    (run: (output: BenchData['outputs'][typeof kind], folder: string) => Promise<unknown>): PeerCase =>
    ({ outputs }, folder, timed) =>
      timed(work(outputs[kind].rows, outputs[kind].file), () => run(outputs[kind], folder));
  const answer = 'content[1].text';
  return {
    [`join ${name}, CSV: Map and readline`]: peer((output, folder) =>
      mapJoin(output, join(folder, 'map.csv')),
    ),
    [`join ${name}, CSV: pandas`]: peer(async ({ csv, file }, folder) =>
      python(pandasJoin, csv, file, join(folder, 'pandas.csv')),
    ),
    [`join ${name}, CSV: DuckDB`]: peer((output, folder) =>
      duckdb(joinOutput(csvTable(output.csv), output, answer, `'${join(folder, 'd.csv')}' (FORMAT csv)`)),
    ),
    [`join ${name}, Parquet: DuckDB`]: peer((output, folder) => {
      const to = `'${join(folder, 'd.parquet')}' (FORMAT parquet, COMPRESSION snappy)`;
      return duckdb(joinOutput(`'${output.parquet}'`, output, answer, to));
    }),
    [`join ${name}: extracting alone`]: peer(({ file }) => extractOnly(file, claudeModel)),
    [`join ${name}: compressing alone`]: async ({ outputs }, _, timed) => {
      const { rows, file } = outputs[kind];
      const pages = await answerPages(file, claudeModel);
      await timed(work(rows, file), async () => compressAll(pages));
    },
  };
}

function joiningVectors(): Record<string, PeerCase> {
  return {
    'join vectors: pandas, nothing written': ({ outputs: { vectors } }, _, timed) =>
      timed(work(vectors.rows, vectors.file), async () => python(pandasVectors, vectors.csv, vectors.file)),
    'join vectors, Parquet: DuckDB': ({ outputs: { vectors } }, folder, timed) =>
      timed(work(vectors.rows, vectors.file), () => {
        const to = `'${join(folder, 'd.parquet')}' (FORMAT parquet, COMPRESSION uncompressed)`;
        return duckdb(joinOutput(`'${vectors.parquet}'`, vectors, 'embedding', to));
      }),
    'join vectors: extracting alone': ({ outputs: { vectors } }, _, timed) =>
      timed(work(vectors.rows, vectors.file), () => extractOnly(vectors.file, titanModel)),
  };
}
