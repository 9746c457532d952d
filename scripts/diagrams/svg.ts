export type Attributes = Readonly<Record<string, string | number>>;

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface TextStyle {
  readonly size: number;
  readonly colour: string;
  readonly bold?: boolean;
  readonly anchor?: 'start' | 'middle' | 'end';
  /** A halo in the page's colour, for text that lies on a line. */
  readonly halo?: boolean;
}

export const ink = {
  page: '#ffffff',
  frame: '#d1d9e0',
  text: '#1f2328',
  quiet: '#59636e',
  line: '#6e7781',
  caught: '#bc4c00',
} as const;

const CORNER = 6;
const fonts = "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

/** Two decimals: enough for the eye, and the same digits on every machine. */
export const rounded = (value: number) => Math.round(value * 100) / 100;

export function escapeXml(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? rounded(value) : escapeXml(value)}"`)
    .join('');
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join('')}</${name}>`;
}

export function group({ x, y }: Point, children: readonly string[]): string {
  return element('g', { transform: `translate(${rounded(x)} ${rounded(y)})` }, ...indented(children));
}

export function textAt({ x, y }: Point, content: string, style: TextStyle): string {
  return element(
    'text',
    {
      x,
      y,
      'font-size': style.size,
      fill: style.colour,
      ...(style.bold ? { 'font-weight': 600 } : {}),
      ...(style.anchor ? { 'text-anchor': style.anchor } : {}),
      ...(style.halo ? { stroke: ink.page, 'stroke-width': 3, 'paint-order': 'stroke' } : {}),
    },
    escapeXml(content),
  );
}

/** A line through the points with rounded corners. */
export function arrow(
  points: readonly Point[],
  { dashed = false, colour = ink.line as string } = {},
): string {
  return element('path', {
    d: roundedPath(points),
    fill: 'none',
    stroke: colour,
    'stroke-width': 1.4,
    'marker-end': `url(#${markerId(colour)})`,
    ...(dashed ? { 'stroke-dasharray': '5 4' } : {}),
  });
}

function roundedPath(points: readonly Point[]): string {
  const commands = points.map((point, index) => {
    const [before, after] = [points[index - 1], points[index + 1]];
    if (before === undefined) return `M${pair(point)}`;
    if (after === undefined) return `L${pair(point)}`;
    return `L${pair(towards(point, before))} Q${pair(point)} ${pair(towards(point, after))}`;
  });
  return commands.join(' ');
}

const pair = ({ x, y }: Point) => `${rounded(x)} ${rounded(y)}`;

function towards(from: Point, to: Point): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const share = length === 0 ? 0 : Math.min(CORNER, length / 2) / length;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

const markerId = (colour: string) => `arrow-${colour.slice(1)}`;

function marker(colour: string): string {
  return element(
    'marker',
    {
      id: markerId(colour),
      viewBox: '0 0 10 10',
      refX: 9.5,
      refY: 5,
      markerWidth: 7,
      markerHeight: 7,
      orient: 'auto-start-reverse',
    },
    element('path', { d: 'M0 0.8 L10 5 L0 9.2 z', fill: colour }),
  );
}

export interface Drawing {
  readonly title: string;
  readonly description: string;
  readonly width: number;
  readonly height: number;
  readonly body: readonly string[];
}

/** The whole file. Its own light page makes it readable on dark sites too. */
export function svgFile({ title, description, width, height, body }: Drawing): string {
  const [w, h] = [Math.ceil(width), Math.ceil(height)];
  const page = { x: 0.5, y: 0.5, width: w - 1, height: h - 1, rx: 12, fill: ink.page, stroke: ink.frame };
  const lines = [
    element('title', { id: 'title' }, escapeXml(title)),
    element('desc', { id: 'desc' }, escapeXml(description)),
    element('defs', {}, marker(ink.line), marker(ink.caught)),
    element('rect', page),
    ...body,
  ];
  const root = {
    xmlns: 'http://www.w3.org/2000/svg',
    width: w,
    height: h,
    viewBox: `0 0 ${w} ${h}`,
    role: 'img',
    'aria-labelledby': 'title desc',
    'font-family': fonts,
  };
  return `${element('svg', root, ...indented(lines))}\n`;
}

/** One element a line, so that a change of the diagram is a readable change of the file. */
const indented = (children: readonly string[]) => [
  ...children.map((child) => `\n  ${child.replaceAll('\n', '\n  ')}`),
  '\n',
];
