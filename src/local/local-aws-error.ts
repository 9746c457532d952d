/** What a user of the local AWS can do something about; its message is one sentence. */
export class LocalAwsError extends Error {
  override readonly name = 'LocalAwsError';
}
