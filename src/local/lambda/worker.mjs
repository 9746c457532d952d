// @ts-check
// The runtime inside a function's thread: loads the bundle as Lambda does and answers one event at a time. JavaScript, because a
// worker thread starts outside of whatever compiles TypeScript around it.
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';

const { file, exportName, functionName, functionArn, memoryMb } = workerData;

/** @param {unknown} error */
function described(error) {
  const known = error instanceof Error;
  return {
    errorType: known ? error.name : 'Error',
    errorMessage: known ? error.message : String(error),
    trace: known ? String(error.stack).split('\n') : [],
  };
}

/** @param {{ requestId: string, payload: string, deadline: number }} invocation */
async function answer({ requestId, payload, deadline }) {
  try {
    const { [exportName]: handler } = await import(pathToFileURL(file).href);
    if (typeof handler !== 'function') throw new Error(`${exportName} is undefined or not exported`);
    const context = {
      awsRequestId: requestId,
      functionName,
      functionVersion: '$LATEST',
      invokedFunctionArn: functionArn,
      memoryLimitInMB: String(memoryMb),
      logGroupName: `/aws/lambda/${functionName}`,
      logStreamName: 'local',
      callbackWaitsForEmptyEventLoop: true,
      getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    };
    const result = await handler(JSON.parse(payload), context);
    return { requestId, payload: JSON.stringify(result ?? null) };
  } catch (error) {
    return { requestId, error: described(error) };
  }
}

parentPort?.on('message', async (invocation) => parentPort?.postMessage(await answer(invocation)));
