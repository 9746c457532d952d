/** Widths in shares of the font size, a little wider than Arial and Segoe UI: no font is at hand to measure with. */
const widths: readonly (readonly [RegExp, number])[] = [
  [/[ijl.,:;'|!]/, 0.27],
  [/[ ftr()[\]/\-I·]/, 0.35],
  [/[mwMW@%]/, 0.9],
  [/[A-Z_$&#←→]/, 0.7],
];
const OTHER_WIDTH = 0.57;
const BOLD_FACTOR = 1.07;

export function textWidth(text: string, size: number, bold = false): number {
  const shares = [...text].map((char) => widths.find(([pattern]) => pattern.test(char))?.[1] ?? OTHER_WIDTH);
  return shares.reduce((sum, share) => sum + share, 0) * size * (bold ? BOLD_FACTOR : 1);
}

export function widest(texts: readonly string[], size: number, bold = false): number {
  return Math.max(0, ...texts.map((text) => textWidth(text, size, bold)));
}

/** Breaks at spaces; a word wider than the line keeps a line of its own. */
export function wrapText(text: string, size: number, maxWidth: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && textWidth(longer, size) <= maxWidth) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

export function shortened(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1).trimEnd()}…`;
}
