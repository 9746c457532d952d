import {
  InvalidToken,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  SFNClient,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import type { TaskCallbacks } from '../steps/collaborators.ts';

export function stepFunctionsCallbacks(stepFunctions: SFNClient): TaskCallbacks {
  return {
    succeed: (taskToken, output) =>
      whereAwaited(() =>
        stepFunctions.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) })),
      ),
    // The tasks have no heartbeat to keep up, so one changes nothing; it only tells whether the task is there.
    isAwaited: (taskToken) =>
      whereAwaited(() => stepFunctions.send(new SendTaskHeartbeatCommand({ taskToken }))),
  };
}

/** False where the task was answered already, timed out or was stopped: what is sent is not wanted any more. */
async function whereAwaited(send: () => Promise<unknown>): Promise<boolean> {
  try {
    await send();
    return true;
  } catch (error) {
    const isDead =
      error instanceof TaskTimedOut || error instanceof TaskDoesNotExist || error instanceof InvalidToken;
    if (isDead) return false;
    throw error;
  }
}

export function connectTaskCallbacks(): TaskCallbacks {
  return stepFunctionsCallbacks(new SFNClient());
}
