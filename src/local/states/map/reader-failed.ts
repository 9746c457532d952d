import { StatesError } from '../errors.ts';

/** One item larger than this is not a dataset but a mistake; without a limit it would have to be held whole. */
export const MAX_ITEM_BYTES = 8 * 1024 * 1024;

export function readerFailed(cause: string): StatesError {
  return new StatesError('States.ItemReaderFailed', cause);
}

export function itemTooLarge(): StatesError {
  return readerFailed(`An item of the dataset exceeds ${MAX_ITEM_BYTES} bytes.`);
}
