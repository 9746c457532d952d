import * as z from 'zod';
import { type RecordAnswer, recordError } from '../answer-back-end.ts';
import { roughTokens } from '../simulator.ts';
import { type EndpointFamily, unreadableReply } from './endpoint-family.ts';

const list = z.object({
  data: z.tuple([z.object({ embedding: z.array(z.number()).min(1) })], z.unknown()),
  usage: z.object({ prompt_tokens: z.number() }).nullish(),
});

/** Vectors of half precision are of unit length but for this. */
const TOLERANCE = 1e-3;

/** Titan Text Embeddings V2 as OpenAI's embeddings, and back. A record that asks for no length gets that of the model. */
export const embeddings: EndpointFamily = {
  path: 'embeddings',

  faultOf({ embeddingTypes = [] }) {
    const isBinary = (embeddingTypes as readonly unknown[]).includes('binary');
    return isBinary ? 'embeddingTypes: a model endpoint gives float alone' : undefined;
  },

  requestOf: ({ body, model }) => ({
    model,
    input: body['inputText'],
    dimensions: body['dimensions'],
    encoding_format: 'float',
  }),

  answerOf(reply, { body }) {
    const parsed = list.safeParse(reply);
    if (!parsed.success) return unreadableReply(parsed.error);
    const { data, usage } = parsed.data;
    const { dimensions, normalize, inputText } = body;
    const raw = data[0].embedding;
    if (dimensions !== undefined && raw.length !== dimensions) return otherLength(raw.length, dimensions);
    const float = normalize === false ? raw : normalized(raw);
    const input = usage?.prompt_tokens ?? roughTokens(String(inputText));
    return {
      modelOutput: { embedding: float, embeddingsByType: { float }, inputTextTokenCount: input },
      tokens: { input, output: 0 },
    };
  },
};

/** 400, for the same model would give the same length again. */
function otherLength(length: number, asked: unknown): RecordAnswer {
  const message = `dimensions: the model endpoint gave a vector of ${length} numbers where ${asked} were asked for`;
  return recordError(400, message);
}

/** To unit length, as Titan gives them unless it is asked not to. */
function normalized(vector: readonly number[]): readonly number[] {
  const length = Math.hypot(...vector);
  if (length === 0 || Math.abs(length - 1) < TOLERANCE) return vector;
  return vector.map((value) => value / length);
}
