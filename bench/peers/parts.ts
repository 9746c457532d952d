import { statSync } from 'node:fs';
import { wholeLines } from '../../src/data/lines.ts';
import { OutputReader, type OutputRecord } from '../../src/data/output-records.ts';
import { compressor, defaultCompression } from '../../src/data/parquet/codecs.ts';
import { resolveModel } from '../../src/models/registry.ts';
import { fileBytes } from '../file-store.ts';

const PAGE_BYTES = 1024 * 1024;

/** Reading a job's output alone: nothing that joins it can go below. */
export async function extractOnly(file: string, model: string, take?: Take): Promise<void> {
  const reader = new OutputReader(resolveModel(model).family);
  for await (const lines of wholeLines(fileBytes(file, 0, statSync(file).size))) {
    for (const record of reader.records(lines)) take?.(record, reader.scratch.bytes);
  }
}

type Take = (record: OutputRecord, answer: Uint8Array) => void;

/** The answers of a job in pages of a MB. */
export async function answerPages(file: string, model: string): Promise<readonly Buffer[]> {
  const pages: Buffer[] = [];
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  await extractOnly(file, model, (record, answer) => {
    if (record.kind !== 'extracted') return;
    waiting.push(answer.slice(0, record.answer.length));
    bytes += record.answer.length;
    if (bytes < PAGE_BYTES) return;
    pages.push(Buffer.concat(waiting));
    [waiting, bytes] = [[], 0];
  });
  return [...pages, Buffer.concat(waiting)];
}

export function compressAll(pages: readonly Uint8Array[]): void {
  const compress = compressor(defaultCompression());
  for (const page of pages) compress(page);
}
