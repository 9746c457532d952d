/** Of the calls that this makes to AWS at a time. */
const AT_ONCE = 5;

/**
 * Does the work for every item, whatever becomes of the others.
 * @throws AggregateError of all failures, once everything was tried; `verb` says what could not be done
 */
export async function eachOf<T>(
  items: AsyncIterable<T>,
  verb: string,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  const errors: unknown[] = [];
  const worker = async () => {
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      await work(next.value).catch((error: unknown) => errors.push(error));
    }
  };
  // A list that breaks off fails its reader alone: what the others work on is brought to its end.
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  for (const end of ends) if (end.status === 'rejected') errors.push(end.reason);
  if (errors.length === 0) return;
  const sentence = `Cannot ${verb}: ${errors.length} failed, the first because of ${String(errors[0])}`;
  throw new AggregateError(errors, sentence);
}
