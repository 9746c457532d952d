import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseSync } from '@swc/core';

/** Lines per folder, and how long functions are: the numbers that STYLE looks at. */
interface FunctionLength {
  readonly file: string;
  readonly line: number;
  readonly lines: number;
}

const functionTypes = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ClassMethod',
  'PrivateMethod',
  'Constructor',
  'MethodProperty',
]);

const lineCount = (bytes: Buffer) => bytes.toString().split('\n').length;

/** swc counts bytes from where the last file that it parsed ended, so a file's own start is taken off. */
function functionLengths(file: string): FunctionLength[] {
  const bytes = readFileSync(file);
  const module = parseSync(bytes.toString(), { syntax: 'typescript', target: 'es2022' });
  const found: FunctionLength[] = [];
  const start = firstByte(bytes, module.span.start);
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const {
      type,
      span,
      function: inner,
    } = node as { type?: string; span?: Span; function?: { span?: Span } };
    const place = span ?? inner?.span;
    if (type !== undefined && functionTypes.has(type) && place !== undefined) {
      const line = lineCount(bytes.subarray(0, place.start - start));
      found.push({ file, line, lines: lineCount(bytes.subarray(place.start - start, place.end - start)) });
    }
    Object.values(node).forEach(visit);
  };
  visit(module.body);
  return found;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** A module's span begins at its first token, behind leading comments. */
function firstByte(bytes: Buffer, spanStart: number): number {
  const text = bytes.toString();
  const lead = /^(?:\s|\/\/[^\n]*\n|\/\*[\s\S]*?\*\/|#![^\n]*\n)*/.exec(text)?.[0] ?? '';
  return spanStart - Buffer.byteLength(lead);
}

const files = execFileSync('git', ['ls-files', '*.ts'], { encoding: 'utf8' }).trim().split('\n');
const folderOf = (file: string) =>
  file
    .split('/')
    .slice(0, file.startsWith('src/') ? 2 : 1)
    .join('/');
const folders = new Map<string, { files: number; lines: number }>();
for (const file of files) {
  const folder = folders.get(folderOf(file)) ?? { files: 0, lines: 0 };
  folders.set(folderOf(file), {
    files: folder.files + 1,
    lines: folder.lines + lineCount(readFileSync(file)),
  });
}
console.table(Object.fromEntries(folders));

const product = files.filter((file) => !/^(test|scripts|examples)\//.test(file));
const lengths = product.flatMap(functionLengths).sort((a, b) => a.lines - b.lines);
const at = (share: number) => lengths[Math.floor((lengths.length - 1) * share)]?.lines;
console.log(`${lengths.length} functions: median ${at(0.5)} lines, nine in ten at most ${at(0.9)}, longest:`);
for (const { file, line, lines } of lengths.slice(-8).reverse()) console.log(`${lines}  ${file}:${line}`);
const long = product
  .map((file) => ({ file, lines: lineCount(readFileSync(file)) }))
  .filter(({ lines }) => lines > 300);
console.log(`${long.length} files past 300 lines`, long.map(({ file }) => file).join(' '));
