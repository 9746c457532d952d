import {
  InvalidToken,
  SendTaskSuccessCommand,
  SFNClient,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import type { TaskCallbacks } from '../steps/collaborators.ts';

export function stepFunctionsCallbacks(stepFunctions: SFNClient): TaskCallbacks {
  return {
    async succeed(taskToken, output) {
      try {
        await stepFunctions.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }));
        return true;
      } catch (error) {
        // Answered already, timed out or stopped: the answer is not wanted any more.
        if (
          error instanceof TaskTimedOut ||
          error instanceof TaskDoesNotExist ||
          error instanceof InvalidToken
        )
          return false;
        throw error;
      }
    },
  };
}

export function connectTaskCallbacks(): TaskCallbacks {
  return stepFunctionsCallbacks(new SFNClient());
}
