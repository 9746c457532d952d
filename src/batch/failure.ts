/** A failure as Step Functions gives it: an error's name, and a cause that may be Lambda's JSON of the error with its trace. */
export interface Failure {
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

/** One sentence for a row or a summary, without the trace. */
export function sentenceOf({ error = 'Unknown', cause = '' }: Failure): string {
  const message = cause.startsWith('{') ? errorMessageOf(cause) : cause;
  return message ? `${error}: ${message}` : error;
}

function errorMessageOf(cause: string): string {
  try {
    const { errorMessage } = JSON.parse(cause) as { readonly errorMessage?: unknown };
    return typeof errorMessage === 'string' ? errorMessage : cause;
  } catch (error) {
    // Step Functions cuts long causes, and half a JSON text is still worth reading.
    if (error instanceof SyntaxError) return cause;
    throw error;
  }
}
