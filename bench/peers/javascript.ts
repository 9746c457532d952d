import { createReadStream, createWriteStream, openAsBlob, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { tableFromIPC } from 'apache-arrow';
import Papa from 'papaparse';
import type { JobOutput } from '../data.ts';
import { type PeerPrompt, peerRecord } from './records.ts';

/** Papaparse with rows as objects, and JSON of objects: what its page shows first. */
export function papaparse(csv: string, { column, before, behind }: PeerPrompt, file: string): Promise<void> {
  const out = new TextFile(file);
  let row = 0;
  return new Promise((resolve, reject) => {
    Papa.parse<Record<string, string>>(createReadStream(csv, 'utf8'), {
      header: true,
      skipEmptyLines: true,
      step: ({ data }) => out.write(`${JSON.stringify(peerRecord(row++, before + data[column] + behind))}\n`),
      complete: () => resolve(out.end()),
      error: reject,
    });
  });
}

/** Record batches of one column, row by row. */
export async function parquetWasm(
  parquet: string,
  { column, before, behind }: PeerPrompt,
  file: string,
): Promise<void> {
  const { ParquetFile } = await import('parquet-wasm/node');
  const out = new TextFile(file);
  const source = await ParquetFile.fromFile(await openAsBlob(parquet));
  let row = 0;
  for await (const batch of await source.stream({ columns: [column] })) {
    const cells = tableFromIPC(batch.intoIPCStream()).getChild(column);
    for (const cell of cells ?? [])
      out.write(`${JSON.stringify(peerRecord(row++, before + cell + behind))}\n`);
  }
  await out.end();
}

/** `readline`, `JSON.parse`, a `Map`, and papaparse on both ends. */
export async function mapJoin({ csv, file: output }: JobOutput, file: string): Promise<void> {
  const answers = new Map<string, string>();
  for await (const line of createInterface({ input: createReadStream(output), crlfDelay: Infinity })) {
    const { recordId, modelOutput } = JSON.parse(line);
    answers.set(recordId, modelOutput.content[0].text);
  }
  const out = new TextFile(file);
  let row = -1;
  await new Promise<void>((resolve, reject) => {
    Papa.parse<string[]>(createReadStream(csv, 'utf8'), {
      skipEmptyLines: true,
      step: ({ data }) => {
        const answer = row < 0 ? 'response' : answers.get(`R${String(row).padStart(10, '0')}`);
        out.write(`${Papa.unparse([[...data, answer]])}\n`);
        row++;
      },
      complete: () => resolve(out.end()),
      error: reject,
    });
  });
}

/** Lines gathered to a MB: one write for each would measure nothing but writes. */
class TextFile {
  readonly #out: WriteStream;
  #block = '';

  constructor(file: string) {
    this.#out = createWriteStream(file);
  }

  write(text: string): void {
    this.#block += text;
    if (this.#block.length < 1 << 20) return;
    this.#out.write(this.#block);
    this.#block = '';
  }

  end(): Promise<void> {
    return new Promise((resolve) => this.#out.end(this.#block, resolve));
  }
}
