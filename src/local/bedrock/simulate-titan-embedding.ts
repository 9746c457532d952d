import { type RecordAnswer, recordError } from './answer-back-end.ts';
import { seededRandom } from './random.ts';
import { type Body, roughTokens } from './simulator.ts';

const FIELDS: readonly string[] = ['inputText', 'dimensions', 'normalize', 'embeddingTypes'];
const DIMENSIONS: readonly unknown[] = [256, 512, 1024];
const MAX_CHARACTERS = 50_000;

/** Amazon Titan Text Embeddings V2: a vector that only the text decides, of unit length unless asked otherwise. */
export function simulateTitanEmbedding(body: Body): RecordAnswer {
  const fault = faultOf(body);
  if (fault !== undefined) {
    return recordError(400, `Malformed input request: ${fault}, please reformat your input and try again.`);
  }
  const text = String(body['inputText']);
  const types = (body['embeddingTypes'] ?? ['float']) as readonly string[];
  const vector = vectorOf(text, Number(body['dimensions'] ?? 1024), body['normalize'] !== false);
  const float = types.includes('float') ? vector : undefined;
  const binary = types.includes('binary') ? vector.map((value) => (value > 0 ? 1 : 0)) : undefined;
  const input = roughTokens(text);
  return {
    modelOutput: { embedding: float, embeddingsByType: { binary, float }, inputTextTokenCount: input },
    tokens: { input, output: 0 },
  };
}

/** The first fault, as Bedrock words it. */
function faultOf(body: Body): string | undefined {
  const { inputText, dimensions = 1024, normalize = true, embeddingTypes = ['float'] } = body;
  if (inputText === undefined) return '#: required key [inputText] not found';
  const extra = Object.keys(body).find((name) => !FIELDS.includes(name));
  if (extra !== undefined) return `#: extraneous key [${extra}] is not permitted`;
  if (typeof inputText !== 'string') return '#/inputText: expected type: String';
  if (inputText === '') return '#/inputText: expected minLength: 1, actual: 0';
  if (inputText.length > MAX_CHARACTERS) {
    return `#/inputText: expected maxLength: ${MAX_CHARACTERS}, actual: ${inputText.length}`;
  }
  if (!DIMENSIONS.includes(dimensions)) return `#/dimensions: ${dimensions} is not a valid enum value`;
  if (typeof normalize !== 'boolean') return '#/normalize: expected type: Boolean';
  return embeddingTypesFault(embeddingTypes);
}

function embeddingTypesFault(types: unknown): string | undefined {
  if (!Array.isArray(types) || types.length === 0) return '#/embeddingTypes: expected minimum item count: 1';
  const unknown = types.findIndex((type) => type !== 'float' && type !== 'binary');
  return unknown === -1
    ? undefined
    : `#/embeddingTypes/${unknown}: ${types[unknown]} is not a valid enum value`;
}

function vectorOf(text: string, dimensions: number, normalize: boolean): readonly number[] {
  const random = seededRandom(text);
  const raw = Array.from({ length: dimensions }, () => random() * 2 - 1);
  const length = normalize ? Math.hypot(...raw) : 1;
  // Eight decimals: more would only make the files larger.
  return raw.map((value) => Math.round((value / length) * 1e8) / 1e8);
}
