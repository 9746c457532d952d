import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { FaultPlan } from '../../src/local/faults/plan.ts';
import type { ExecutionOutput } from '../../src/steps/summarize.ts';
import { ended, settled } from '../faults/run-scenario.ts';
import { MODEL } from '../faults/scenarios.ts';
import type { GrantWorld } from './grant-world.ts';

/** A table that is run to its end, of a kind and at a place that the scenarios of the faults do not have. */
export interface TableWay {
  readonly rows: number;
  readonly file: 'csv' | 'csv.gz' | 'jsonl' | 'parquet';
  /** Where in the bucket it lies; below `inputs/` by default. */
  readonly folder?: string;
  /** The table is a folder of so many objects. */
  readonly objects?: number;
  /** Of each text, which no codec makes smaller. */
  readonly textBytes?: number;
  readonly embedding?: true;
  /** Of records that the user made, not of rows. */
  readonly readyMade?: true;
  readonly request?: Readonly<Record<string, unknown>>;
  readonly plan?: FaultPlan;
}

const RUN = 'table';

/** Sentences on what went wrong. */
export async function runTable(way: TableWay, world: GrantWorld): Promise<readonly string[]> {
  const model = {
    model_id: way.embedding ? 'amazon.titan-embed-text-v2:0' : MODEL,
    ...(!way.embedding && !way.readyMade && { prompt_id: 'joke_about_topic' }),
  };
  const s3_uri = await upload(way, world);
  return runRequest({ s3_uri, ...model, ...way.request }, way, world);
}

export async function runRequest(
  request: object,
  { rows, plan }: Pick<TableWay, 'rows' | 'plan'>,
  world: GrantWorld,
): Promise<readonly string[]> {
  await world.setFaults(plan);
  const execution = await world.account.start(RUN, { job_name_prefix: RUN, ...request });
  const { status, error, cause, output } = await ended(execution, world);
  if (status !== 'SUCCEEDED') return [`the run ended as ${status} (${error}: ${cause})`];
  await settled(RUN, world);
  const { statuses } = JSON.parse(output ?? '{}') as ExecutionOutput;
  return statuses.succeeded === rows ? [] : [`of ${rows} rows came out ${JSON.stringify(statuses)}`];
}

async function upload(way: TableWay, { account }: GrantWorld): Promise<string> {
  const { file, objects = 1, folder = 'inputs/' } = way;
  const uris: string[] = [];
  for (let index = 0; index < objects; index++) {
    uris.push(await account.put(`${folder}table/${index}.${file}`, await bytesOf(way, index)));
  }
  const [first = ''] = uris;
  return objects === 1 ? first : first.slice(0, first.lastIndexOf('/') + 1);
}

async function bytesOf(way: TableWay, object: number): Promise<Buffer> {
  const count = way.rows / (way.objects ?? 1);
  const texts = Array.from({ length: count }, (_, row) => textOf(object * count + row, way.textBytes));
  const column = way.embedding ? 'input_text' : 'topic';
  switch (way.file) {
    case 'parquet': {
      const columnData = [{ name: column, data: texts, type: 'STRING' as const }];
      return Buffer.from(parquetWriteBuffer({ columnData }));
    }
    case 'jsonl':
      return Buffer.from(texts.map((text) => `${JSON.stringify(lineOf(way, column, text))}\n`).join(''));
    case 'csv':
      return csvOf(column, texts);
    case 'csv.gz':
      return promisify(gzip)(csvOf(column, texts));
    default:
      return way.file satisfies never;
  }
}

function lineOf({ readyMade }: TableWay, column: string, text: string): object {
  if (!readyMade) return { [column]: text };
  const messages = [{ role: 'user', content: text }];
  const modelInput = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 100, messages };
  return { recordId: `own ${text}`, modelInput };
}

export function csvOf(column: string, texts: readonly string[]): Buffer {
  return Buffer.from([column, ...texts, ''].join('\n'));
}

export function textOf(row: number, bytes = 0): string {
  const parts = [`topic ${row}`];
  for (let at = 0; at < bytes; at += 44) {
    parts.push(createHash('sha256').update(`${row} ${at}`).digest('base64'));
  }
  return parts.join(' ');
}
