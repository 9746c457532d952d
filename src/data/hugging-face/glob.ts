/** The parts of a pattern, the longest first; whatever is none of them stands for itself. */
const TOKEN = /\*\*\/|\*\*|\*|\?|\[[!^]?\]?[^\]]*\]|\{[^{}]*\}|./gs;

/** A pattern of `data_files` as a rule for whole paths: `*` stays within a folder, `**` does not. */
export function globPattern(glob: string): RegExp {
  return new RegExp(`^${translated(glob)}$`, 'su');
}

function translated(glob: string): string {
  return (glob.match(TOKEN) ?? []).map(translatedToken).join('');
}

function translatedToken(token: string): string {
  if (token === '**/') return '(?:.*/)?';
  if (token === '**') return '.*';
  if (token === '*') return '[^/]*';
  if (token === '?') return '[^/]';
  if (token.length > 2 && token.startsWith('[')) return characterClass(token.slice(1, -1));
  if (token.length > 2 && token.startsWith('{')) {
    return `(?:${token.slice(1, -1).split(',').map(translated).join('|')})`;
  }
  return literal(token);
}

function characterClass(inside: string): string {
  const negated = /^[!^]/.test(inside);
  const characters = (negated ? inside.slice(1) : inside).replace(/[\\\][&^]/g, '\\$&');
  return `[${negated ? '^/' : ''}${characters}]`;
}

const literal = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
