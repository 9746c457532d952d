import * as z from 'zod';
import { extractVector } from './titan-bytes.ts';
import type { ModelFamily } from './types.ts';

const modelOutput = z.object({
  embedding: z.array(z.number()).min(1),
  inputTextTokenCount: z.number().nullish(),
});

/** Amazon Titan Text Embeddings V2: 1,024 normalized floats unless a record asks for fewer. */
export const titanTextEmbeddingsV2: ModelFamily = {
  name: 'Amazon Titan Text Embeddings V2 (amazon.titan-embed-text-v2:0)',
  answers: 'embedding',

  encode: (text) => ({ inputText: text }),

  decode(output, precision = 'float32') {
    const parsed = modelOutput.safeParse(output);
    if (!parsed.success) return { unreadable: z.prettifyError(parsed.error) };
    const { embedding } = parsed.data;
    return {
      response: null,
      embedding: precision === 'float64' ? Float64Array.from(embedding) : Float32Array.from(embedding),
      stopReason: null,
      inputTokens: parsed.data.inputTextTokenCount ?? null,
      outputTokens: null,
    };
  },
  extract: extractVector,
};
