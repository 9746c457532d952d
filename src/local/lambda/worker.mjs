// @ts-check
// The runtime inside a function's thread: loads the bundle as Lambda does and answers one event at a time. JavaScript, because a
// worker thread starts outside of whatever compiles TypeScript around it.
import { parentPort, workerData } from 'node:worker_threads';
import { loadHandler, RuntimeError } from './load-handler.mjs';
import { watchMemory } from './watch-memory.mjs';

/** @typedef {{ requestId: string, functionArn: string, payload: string, deadline: number }} Invocation */

const { directory, handler, memoryMb, maxResponseBytes } = workerData;
const { env } = process;

/** @param {unknown} error What was thrown, which need not be an error. */
function described(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: String(error.stack).split('\n') };
}

/** What ends the process on AWS ends the thread here. @param {unknown} error */
function perish(error) {
  parentPort?.postMessage({ fatal: described(error) });
}

/** @param {Invocation} invocation */
function contextOf({ requestId, functionArn, deadline }) {
  return {
    awsRequestId: requestId,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: functionArn,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

/** Of a function that answers nothing, null. @param {unknown} result */
function serialized(result) {
  const text = textOf(result === undefined ? null : result);
  if (Buffer.byteLength(text) <= maxResponseBytes) return text;
  const error = new Error(
    `Response payload size exceeded maximum allowed payload size (${maxResponseBytes} bytes).`,
  );
  error.name = 'Function.ResponseSizeTooLarge';
  throw error;
}

/** @param {unknown} value @returns {string} */
function textOf(value) {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch {
    throw new RuntimeError('JSONStringifyError', 'Unable to stringify response body');
  }
}

/** @param {Function} run @param {Invocation} invocation */
async function answer(run, invocation) {
  const { requestId, payload } = invocation;
  try {
    return { requestId, payload: serialized(await run(JSON.parse(payload), contextOf(invocation))) };
  } catch (error) {
    return { requestId, error: described(error) };
  }
}

process.on('uncaughtException', perish);
process.on('unhandledRejection', (reason) =>
  perish(new RuntimeError('UnhandledPromiseRejection', String(reason))),
);
watchMemory(memoryMb * 2 ** 20, () => parentPort?.postMessage({ exceeded: 'memory' }));
try {
  const run = await loadHandler(directory, handler);
  parentPort?.on('message', async (invocation) => {
    parentPort?.postMessage(await answer(run, invocation));
  });
  parentPort?.postMessage({ ready: true });
} catch (error) {
  perish(error);
}
