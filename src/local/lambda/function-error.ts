import type { FunctionError } from './invocation.ts';

/** How Lambda words what ends an environment. It begins with the event that was being worked on, where there is one. */
export type Death = (requestId: string | undefined) => FunctionError;

const about = (requestId: string | undefined, what: string): string =>
  requestId === undefined ? what : `RequestId: ${requestId} Error: ${what}`;

export function timedOut(seconds: number): Death {
  return (requestId) => ({
    errorType: 'Sandbox.Timedout',
    errorMessage: about(requestId, `Task timed out after ${seconds.toFixed(2)} seconds`),
  });
}

/** @param how such as `exit status 3` or `signal: killed` */
export function exited(how: string): Death {
  return (requestId) => ({
    errorType: 'Runtime.ExitError',
    errorMessage: about(requestId, `Runtime exited with error: ${how}`),
  });
}

export function exitedWith(code: number): Death {
  if (code !== 0) return exited(`exit status ${code}`);
  return (requestId) => ({
    errorType: 'Runtime.ExitError',
    errorMessage: about(requestId, 'Runtime exited without providing a reason'),
  });
}

/** What Lambda does with a function that takes more than its memory. */
export const outOfMemory: Death = exited('signal: killed');

/** On AWS it is the write that fails, and the function may catch it; here it ends the environment. */
export const outOfStorage: Death = () => ({
  errorType: 'Error',
  errorMessage: 'ENOSPC: no space left on device, write',
  trace: ['Error: ENOSPC: no space left on device, write'],
});

/** An error that escaped the thread. */
export function crashed(error: NodeJS.ErrnoException): Death {
  if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') return outOfMemory;
  const { name: errorType, message: errorMessage, stack } = error;
  return () => ({ errorType, errorMessage, trace: String(stack).split('\n') });
}
