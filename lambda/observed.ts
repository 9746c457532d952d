import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';

export const logger = new Logger();

/** Milliseconds that the invocation has left. */
export type TimeLeft = () => number;

/** A handler whose start, failure and request id are in the log; the error itself goes on to the caller. */
export function observed<Event, Answer>(handler: (event: Event, timeLeft: TimeLeft) => Promise<Answer>) {
  return async (event: Event, context: Context): Promise<Answer> => {
    logger.addContext(context);
    try {
      return await handler(event, () => context.getRemainingTimeInMillis());
    } catch (error) {
      logger.error('The function failed.', error as Error);
      throw error;
    }
  };
}
