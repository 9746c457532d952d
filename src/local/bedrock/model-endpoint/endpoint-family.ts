import type * as z from 'zod';
import { type RecordAnswer, recordError } from '../answer-back-end.ts';
import type { Body } from '../simulator.ts';

/** A record as its family has it, and the model that answers it instead. */
export interface Asked {
  readonly body: Body;
  readonly model: string;
}

/** How a family's records are asked of an OpenAI-compatible server. Bodies were found sound by the family's simulator. */
export interface EndpointFamily {
  /** Below the server's base URL. */
  readonly path: string;
  /** What such a server cannot be asked, in one sentence. */
  faultOf(body: Body): string | undefined;
  requestOf(asked: Asked): Body;
  answerOf(reply: unknown, asked: Asked): RecordAnswer;
}

/** The server answered, but not what was asked: another try may do better. */
export function unreadableReply({ issues: [issue] }: z.ZodError): RecordAnswer {
  const why = issue === undefined ? '' : `: ${issue.path.join('.')}: ${issue.message}`;
  return recordError(502, `The model endpoint's answer cannot be read${why}`);
}
