/** `*` stands for any characters, `\*` and `\\` for themselves. Returns why the pattern is refused, or its matcher. */
export function compileWildcard(pattern: string): ((value: string) => boolean) | string {
  const parts = splitAtStars(pattern);
  if (typeof parts === 'string') return parts;
  // An empty part between two others is two stars in a row.
  if (parts.slice(1, -1).includes('')) return 'consecutive wildcard characters are not allowed';
  return (value) => matchesParts(parts, value);
}

function splitAtStars(pattern: string): readonly string[] | string {
  const parts = [''];
  for (let i = 0; i < pattern.length; i++) {
    const escaped = pattern[i] === '\\';
    if (escaped && !'*\\'.includes(pattern[i + 1] ?? ' ')) return 'only "\\*" and "\\\\" may be escaped';
    if (escaped) i++;
    if (pattern[i] === '*' && !escaped) parts.push('');
    else parts.push(`${parts.pop()}${pattern[i]}`);
  }
  return parts;
}

/** Leftmost occurrence of each part in turn: linear, where a regular expression would backtrack. */
function matchesParts(parts: readonly string[], value: string): boolean {
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return value === first;
  if (!value.startsWith(first)) return false;
  let from = first.length;
  for (const part of rest) {
    const at = value.indexOf(part, from);
    if (at === -1) return false;
    from = at + part.length;
  }
  return value.length - last.length >= from && value.endsWith(last);
}
