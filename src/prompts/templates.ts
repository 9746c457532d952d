/** Prompts by id. `{column}` is a column of the input; `{{` and `}}` are braces. A new prompt is a new line here. */
export const promptTemplates = {
  joke_about_topic: 'Tell me a joke about {topic} in less than 50 words.',
  sentiment_classifier:
    'Classify the sentiment of the text between the <text> tags. Answer with one word: positive, negative or neutral.\n\n<text>\n{input_text}\n</text>',
  question_answering:
    'Write one question that the text between the <source> tags answers, then its answer. ' +
    'Reply as JSON: {{"question": "...", "answer": "..."}}.\n\n<source>\n{source}\n</source>',
} as const satisfies Record<string, string>;

export type PromptId = keyof typeof promptTemplates;
