import fc from 'fast-check';
import { parseTemplate, render, requireColumns, resolvePrompt } from '../../src/prompts/prompt.ts';
import { promptTemplates } from '../../src/prompts/templates.ts';

const refused = (message: string) => expect.objectContaining({ kind: 'InvalidInput', message });

test.each<[string, readonly string[], readonly (string | null)[], string, number]>([
  ['', [], [], '', 0],
  ['no columns', [], [], 'no columns', 0],
  ['{a}', ['a'], ['1'], '1', 0],
  ['x{a}y{b}z', ['a', 'b'], ['1', '2'], 'x1y2z', 0],
  ['{a}{a}', ['a', 'a'], ['1', '1'], '11', 0],
  ['{a} {b}', ['a', 'b'], [null, null], ' ', 2],
  ['<{a}>', ['a'], [null], '<>', 1],
  ['<{a}>', ['a'], [''], '<>', 0],
  ['{{}}', [], [], '{}', 0],
  ['{{a}}', [], [], '{a}', 0],
  ['{{{a}}}', ['a'], ['1'], '{1}', 0],
  ['{{{{{a}', ['a'], ['1'], '{{1', 0],
  ['{{"q": "{a}"}}', ['a'], ['1'], '{"q": "1"}', 0],
  ['{a column, with: signs}', ['a column, with: signs'], ['1'], '1', 0],
  ['{ a }', [' a '], ['1'], '1', 0],
  ['{a\nb}', ['a\nb'], ['1'], '1', 0],
  // What a value holds is text, not a template, nor a pattern of a replacement.
  ['{a}{b}', ['a', 'b'], ['{b}', '$&$1{{'], '{b}$&$1{{', 0],
  ['é🚀{a}', ['a'], ['東'], 'é🚀東', 0],
])('%j names %j and with %j is %j', (template, columns, values, text, nulls) => {
  const prompt = parseTemplate(template);
  expect(prompt.columns).toEqual(columns);
  expect(render(prompt, values)).toEqual({ text, nulls });
});

test.each(['{', '}', '{}', 'a{', 'a}', '{a', 'a}b', '{a{b}', '{a}}', '{{a}', '}{', '{{}', '{}}'])(
  'refuses the template %j',
  (template) => {
    expect(() => parseTemplate(template)).toThrow(
      refused(`Cannot use the prompt: a brace must be doubled, or enclose a column name, got ${template}.`),
    );
  },
);

test('any text, its braces doubled, renders as itself', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('{', '}', 'a', '\n', '$') }), (text) => {
      const prompt = parseTemplate(text.replaceAll('{', '{{').replaceAll('}', '}}'));
      expect(render(prompt, [])).toEqual({ text, nulls: 0 });
    }),
  );
});

test.each(Object.keys(promptTemplates))(
  '%s is a good template that asks for at least one column',
  (promptId) => {
    expect(resolvePrompt(promptId, 'response').columns.length).toBeGreaterThan(0);
  },
);

test('question_answering shows JSON with single braces', () => {
  const { text } = render(resolvePrompt('question_answering', 'response'), ['A fact.']);
  expect(text).toContain('{"question": "...", "answer": "..."}');
  expect(text).toContain('<source>\nA fact.\n</source>');
});

test('an embedding model embeds the column input_text as it is', () => {
  const prompt = resolvePrompt(undefined, 'embedding');
  expect(prompt.columns).toEqual(['input_text']);
  expect(render(prompt, ['{x} as it is'])).toEqual({ text: '{x} as it is', nulls: 0 });
});

const known = Object.keys(promptTemplates).join(', ');
test.each<[string | undefined, 'response' | 'embedding', string]>([
  [undefined, 'response', `prompt_id must be given for a text model: ${known}, got nothing.`],
  ['jokes', 'response', `prompt_id must be one of ${known}, got jokes.`],
  ['constructor', 'response', `prompt_id must be one of ${known}, got constructor.`],
  [
    'joke_about_topic',
    'embedding',
    'prompt_id must be absent for an embedding model, which embeds the column input_text, got joke_about_topic.',
  ],
])('refuses the prompt %s for a model that answers with a %s', (promptId, answers, sentence) => {
  expect(() => resolvePrompt(promptId, answers)).toThrow(refused(`Cannot start the run: ${sentence}`));
});

const missing = (names: string, existing: string) =>
  `Cannot start the run: the dataset must have the columns that the prompt names; missing: ${names}; existing: ${existing}.`;

test.each<[string, readonly string[], string | undefined]>([
  ['{a}{b}', ['b', 'c', 'a'], undefined],
  ['none', [], undefined],
  ['{a}{b}', ['b', 'c'], missing('a', 'b, c')],
  ['{a}{b}{a}', ['c'], missing('a, b', 'c')],
  ['{topic}', ['Topic', ' topic'], missing('topic', 'Topic, " topic"')],
  // Two columns of one name matter only where the prompt cannot tell which is meant.
  ['{a}', ['a', 'b', 'b', '', ''], undefined],
  ['{b}', ['a', 'b', 'b'], 'Cannot start the run: the column b must be the only one of its name, got two.'],
])('%j over the columns %j', (template, columns, sentence) => {
  const check = () => requireColumns(parseTemplate(template), columns);
  if (sentence === undefined) expect(check).not.toThrow();
  else expect(check).toThrow(refused(sentence));
});
