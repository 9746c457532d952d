import { BatchError, refusal } from '../errors.ts';
import type { AnswerKind } from '../models/types.ts';
import { promptTemplates } from './templates.ts';

/** A template taken apart: text, column, text, column, …, text. */
export interface Prompt {
  readonly texts: readonly string[];
  readonly columns: readonly string[];
}

/** @throws BatchError InvalidInput for a brace without its partner, or an empty placeholder. */
export function parseTemplate(template: string): Prompt {
  const texts: string[] = [];
  const columns: string[] = [];
  let text = '';
  for (const [token, column] of template.matchAll(/\{\{|\}\}|\{([^{}]+)\}|[{}]|[^{}]+/g)) {
    if (column !== undefined) {
      columns.push(column);
      texts.push(text);
      text = '';
    } else if (token === '{' || token === '}') {
      throw refusal('use the prompt', 'a brace', 'be doubled, or enclose a column name', template);
    } else {
      text += token === '{{' ? '{' : token === '}}' ? '}' : token;
    }
  }
  return { texts: [...texts, text], columns };
}

export interface Rendered {
  readonly text: string;
  /** Placeholders whose value was null; each renders as nothing. */
  readonly nulls: number;
}

/** `values` are the row's cells for `prompt.columns`, in that order. */
export function render(prompt: Prompt, values: readonly (string | null)[]): Rendered {
  let text = prompt.texts[0] ?? '';
  let nulls = 0;
  for (let i = 0; i < prompt.columns.length; i++) {
    const value = values[i] ?? null;
    if (value === null) nulls++;
    text += (value ?? '') + (prompt.texts[i + 1] ?? '');
  }
  return { text, nulls };
}

/** Embedding models have no prompt: the column is the text. */
const embeddingPrompt: Prompt = parseTemplate('{input_text}');

/**
 * The prompt of a run.
 * @throws BatchError InvalidInput for an unknown id, none where a text model needs one, or one where an embedding model takes none.
 */
export function resolvePrompt(promptId: string | undefined, answers: AnswerKind): Prompt {
  const known = Object.keys(promptTemplates).join(', ');
  if (answers === 'embedding') {
    if (promptId === undefined) return embeddingPrompt;
    throw refusal(
      'start the run',
      'prompt_id',
      'be absent for an embedding model, which embeds the column input_text',
      promptId,
    );
  }
  if (promptId === undefined)
    throw refusal('start the run', 'prompt_id', `be given for a text model: ${known}`, undefined);
  if (!Object.hasOwn(promptTemplates, promptId))
    throw refusal('start the run', 'prompt_id', `be one of ${known}`, promptId);
  return parseTemplate(promptTemplates[promptId as keyof typeof promptTemplates]);
}

/** @throws BatchError InvalidInput that lists the columns that are missing and those that exist, or names one that exists twice. */
export function requireColumns(prompt: Prompt, columns: readonly string[]): void {
  const twice = prompt.columns.find((column) => columns.indexOf(column) !== columns.lastIndexOf(column));
  if (twice !== undefined)
    throw refusal('start the run', `the column ${twice}`, 'be the only one of its name', 'two');
  const missing = [...new Set(prompt.columns)].filter((column) => !columns.includes(column));
  if (missing.length === 0) return;
  throw new BatchError(
    'InvalidInput',
    `Cannot start the run: the dataset must have the columns that the prompt names; missing: ${missing.join(', ')}; existing: ${columns.map(visible).join(', ')}.`,
  );
}

/** A name with blanks at its ends, or none at all, in quotes: they would not be seen. */
function visible(name: string): string {
  return /^\S(.*\S)?$/s.test(name) ? name : JSON.stringify(name);
}
