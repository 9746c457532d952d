export const claudeModel = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
export const titanModel = 'amazon.titan-embed-text-v2:0';
