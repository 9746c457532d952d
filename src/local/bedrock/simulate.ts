import { catalogEntryOf, type FamilyName } from '../../models/catalog.ts';
import { type AnswerBackEnd, type AnswerRequest, type RecordAnswer, recordError } from './answer-back-end.ts';
import { conversed, invocationOf } from './converse.ts';
import { simulateClaude } from './simulate-claude.ts';
import { simulateTitanEmbedding } from './simulate-titan-embedding.ts';
import { isBody, type Simulator } from './simulator.ts';

const SIMULATORS = {
  claude: simulateClaude,
  'titan-text-embeddings-v2': simulateTitanEmbedding,
} as const satisfies Record<FamilyName, Simulator>;

/** The same answer for the same record, always, in the shape in which the model's family answers. */
export function simulate(request: AnswerRequest): RecordAnswer {
  const { modelId, invocationType, modelInput } = request;
  const family = catalogEntryOf(modelId)?.family;
  if (family === undefined) {
    return recordError(400, `There is no simulator for the model ${modelId} in the local Bedrock.`);
  }
  if (invocationType === 'Converse') {
    const invocation = invocationOf(request);
    return 'error' in invocation ? invocation : conversed(simulate(invocation));
  }
  if (!isBody(modelInput)) return recordError(400, 'modelInput: Input should be a valid dictionary');
  return SIMULATORS[family](modelInput, modelId);
}

export const simulatedBackEnd: AnswerBackEnd = {
  answer: async (request) => simulate(request),
};
