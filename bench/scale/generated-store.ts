import { runKeys } from '../../src/batch/keys.ts';
import type { Chunk } from '../../src/batch/manifest.ts';
import type { AnswerRow } from '../../src/batch/output-columns.ts';
import { recordIdOf } from '../../src/batch/record-id.ts';
import { encodeAnswers } from '../../src/data/answers.ts';
import type { Piece } from '../../src/data/byte-source.ts';
import type { ObjectStore, ObjectUpload } from '../../src/steps/collaborators.ts';
import { generatedBytes, generatedSource, generatedStream } from './generated-lines.ts';
import { type Answers, output, runName, type ScaleRun, table, tableKey } from './scale-data.ts';

/** A bucket whose table and answers are made as they are read, and whose outputs are counted and dropped. */
export class GeneratedStore implements ObjectStore {
  readonly bucket = 'bench';
  /** Bytes of all that was written. */
  written = 0;
  readonly #answers: Answers;
  readonly #run: ScaleRun;
  /** Manifests, which steps read back. */
  readonly #kept = new Map<string, Buffer>();

  constructor(run: ScaleRun, answers: Answers) {
    this.#run = run;
    this.#answers = answers;
    const lines = run.chunks.map((chunk) => `${JSON.stringify(chunk)}\n`);
    this.#kept.set(run.run.chunks_key, Buffer.from(lines.join('')));
  }

  async pin() {
    return this.#run.part.source.object;
  }

  source() {
    return generatedSource(tableKey, table(this.#run.run.row_count));
  }

  async exists(key: string): Promise<boolean> {
    return this.#kept.has(key) || this.#chunkOf(key) !== undefined;
  }

  #chunkOf(key: string): Chunk | undefined {
    const index = Number(/(\d{5})(\.arrow|\/1\/job\/1\.jsonl\.out)$/.exec(key)?.[1]);
    return this.#run.chunks[index];
  }

  async *read(key: string, { from = 0 } = {}): AsyncGenerator<Uint8Array> {
    const kept = this.#kept.get(key);
    const chunk = this.#chunkOf(key);
    if (kept !== undefined) yield kept.subarray(from);
    else if (chunk === undefined) throw new Error(`There is no ${key}.`);
    else if (key.endsWith('.arrow')) yield* encodeAnswers(answerRows(chunk), 'response');
    else {
      const lines = output(this.#answers, chunk.first_row, chunk.row_count);
      yield* generatedStream(lines, 0, generatedBytes(lines));
    }
  }

  async *list(prefix: string): AsyncGenerator<string> {
    yield `${prefix}1.jsonl.out`;
  }

  async write(key: string, body: AsyncIterable<Uint8Array> | string): Promise<void> {
    const keeps = key === runKeys.run(runName) || key === runKeys.survey(runName);
    const parts: Uint8Array[] = [];
    for await (const part of typeof body === 'string' ? [Buffer.from(body)] : body) {
      this.written += part.length;
      if (keeps) parts.push(part);
    }
    if (keeps) this.#kept.set(key, Buffer.concat(parts));
  }

  upload(): ObjectUpload {
    return {
      add: async (piece: Piece) => {
        this.written += 'object' in piece ? piece.end - piece.start : piece.length;
      },
      pause: async () => undefined,
      complete: async () => undefined,
      abort: async () => undefined,
    };
  }
}

function* answerRows({ first_row, row_count }: Chunk): Generator<AnswerRow> {
  const answer = 'an answer, of some "words" 東京\n'.repeat(16);
  const facts = { error: null, stopReason: 'end_turn', inputTokens: 20, outputTokens: 200 };
  for (let row = first_row; row < first_row + row_count; row++) {
    yield { ...facts, answer, recordId: recordIdOf(row), status: 'succeeded' };
  }
}
