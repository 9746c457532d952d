import { S3Error } from './errors.ts';

/** An element to write; one whose content is undefined is left out. */
export type XmlElement = readonly [name: string, content: XmlContent];
export type XmlContent = string | number | boolean | undefined | readonly XmlElement[];

/** An element that was read. Attributes are dropped: S3 requests carry nothing but namespaces in them. */
export interface XmlNode {
  readonly name: string;
  readonly children: readonly XmlNode[];
  readonly text: string;
}

interface OpenNode {
  readonly name: string;
  readonly children: XmlNode[];
  text: string;
}

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

export function renderXml(name: string, content: XmlContent, namespace = NAMESPACE): string {
  const attribute = namespace ? ` xmlns="${namespace}"` : '';
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name}${attribute}>${renderContent(content)}</${name}>`;
}

function renderElement([name, content]: XmlElement): string {
  return content === undefined ? '' : `<${name}>${renderContent(content)}</${name}>`;
}

function renderContent(content: XmlContent = ''): string {
  return typeof content === 'object' ? content.map(renderElement).join('') : escapeText(String(content));
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

// A raw carriage return would come back as a line feed, and other control characters are not legal as they are.
function escapeText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to escape
  return text.replace(/[&<>"\u0000-\u001f]/g, (found) => ESCAPES[found] ?? `&#${found.charCodeAt(0)};`);
}

const TOKEN = /<(?<close>\/?)(?<name>[A-Za-z_][\w:.-]*)[^<>]*?(?<empty>\/?)>|(?<text>[^<]+)/y;

/** Reads the small documents that S3 requests carry; anything else (DOCTYPE, CDATA, mixed-up tags) is MalformedXML. */
export function parseXml(source: string): XmlNode {
  const xml = source.replace(/^\uFEFF?\s*<\?xml[^>]*\?>/, '').trim();
  const document: OpenNode = { name: '', children: [], text: '' };
  const open = [document];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < xml.length) {
    const token = TOKEN.exec(xml)?.groups;
    if (!token) throw new S3Error('MalformedXML');
    readToken(token, open);
  }
  const [root, second] = document.children;
  if (!root || second || open.length > 1 || document.text.trim()) throw new S3Error('MalformedXML');
  return root;
}

function readToken(token: Readonly<Record<string, string | undefined>>, open: OpenNode[]): void {
  const current = open.at(-1);
  if (!current) throw new S3Error('MalformedXML');
  if (token.text !== undefined) current.text += unescapeText(token.text);
  else if (token.close) closeNode(current, token.name, open);
  else openNode(current, token.name ?? '', Boolean(token.empty), open);
}

function closeNode(current: OpenNode, name: string | undefined, open: OpenNode[]): void {
  if (current.name !== name || open.length === 1) throw new S3Error('MalformedXML');
  open.pop();
}

function openNode(parent: OpenNode, name: string, empty: boolean, open: OpenNode[]): void {
  const node: OpenNode = { name, children: [], text: '' };
  parent.children.push(node);
  if (!empty) open.push(node);
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescapeText(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));?/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    if (code > 0x10ffff) throw new S3Error('MalformedXML');
    return String.fromCodePoint(code);
  });
}

export function childText(node: XmlNode, name: string): string | undefined {
  return node.children.find((child) => child.name === name)?.text;
}
