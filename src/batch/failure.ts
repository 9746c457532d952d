/** A failure as Step Functions gives it: an error's name, and a cause that may be Lambda's JSON of the error with its trace. */
export interface Failure {
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

/** A cause has up to 32 KiB, and a sentence may stand in 100,000 rows. */
const LONGEST = 500;

/** The error's name and its message, without the trace. */
export function sentenceOf({ error = 'Unknown', cause = '' }: Failure): string {
  const message = messageOf(cause);
  const sentence = message === '' ? error : `${error}: ${message}`;
  return sentence.length > LONGEST ? `${sentence.slice(0, LONGEST)}…` : sentence;
}

/** The `errorMessage` of a cause in JSON, of one that Step Functions cut off too; any other cause as it is. */
export function messageOf(cause: string): string {
  const quoted = /"errorMessage":\s*("(?:[^"\\]|\\.)*")/.exec(cause)?.[1];
  if (quoted === undefined) return cause;
  try {
    return JSON.parse(quoted) as string;
  } catch (error) {
    // Not JSON after all: whatever it is, it is worth reading.
    if (error instanceof SyntaxError) return cause;
    throw error;
  }
}
