import type { AsyncBuffer } from 'hyparquet';
import { BatchError, refusal } from '../../errors.ts';

export interface GuardedSource {
  readonly buffer: AsyncBuffer;
  /** Runs a decoder; what it throws over the file's bytes becomes a refusal that names the file. */
  readonly decode: <T>(what: string, decoder: () => T | Promise<T>) => Promise<T>;
}

/** Tells a file that is broken from a source that could not be read: only the first is the user's to mend. */
export function guardSource(source: AsyncBuffer, name: string): GuardedSource {
  const failures = new Set<unknown>();
  const slice = async (start: number, end?: number): Promise<ArrayBuffer> => {
    try {
      return await source.slice(start, end);
    } catch (error) {
      failures.add(error);
      throw error;
    }
  };
  return {
    buffer: { byteLength: source.byteLength, slice },
    decode: async (what, decoder) => {
      try {
        return await decoder();
      } catch (error) {
        if (failures.has(error) || error instanceof BatchError) throw error;
        throw damaged(name, what, error);
      }
    },
  };
}

function damaged(name: string, what: string, cause: unknown): BatchError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const { message } = refusal(`read ${name}`, what, 'be valid Parquet', `"${reason}"`);
  return new BatchError('InvalidInput', message, { cause });
}
