/** A prompt with one column, as peers put it together. */
export interface PeerPrompt {
  readonly column: string;
  readonly before: string;
  readonly behind: string;
}

/** A template of `promptTemplates` in its parts. */
export function peerPrompt(template: string): PeerPrompt {
  const [before = '', column = '', behind = ''] = template
    .replaceAll('{{', '\u0000')
    .replaceAll('}}', '\u0001')
    .split(/[{}]/)
    .map((part) => part.replaceAll('\u0000', '{').replaceAll('\u0001', '}'));
  return { column, before, behind };
}

export const peerRecord = (row: number, text: string) => ({
  recordId: `R${String(row).padStart(10, '0')}`,
  modelInput: {
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 1024,
    messages: [{ role: 'user', content: [{ type: 'text', text }] }],
  },
});
