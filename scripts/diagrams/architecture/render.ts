import { boxOf, type ElkExtendedEdge, type ElkNode, layOut, pointsOf } from '../lay-out.ts';
import { arrow, element, group, ink, svgFile, textAt } from '../svg.ts';
import type { Template } from '../template.ts';
import { type Box, type Row, sizes, textHeight } from './boxes.ts';
import { connectionsOf } from './connections.ts';
import { type ArchitectureGraph, architectureGraph } from './graph.ts';
import { itemsOf } from './items.ts';
import { serviceOf } from './services.ts';

/** The stack as an SVG file: services as boxes, resources as their rows, and what acts on what as arrows. */
export async function renderArchitecture(template: Template): Promise<string> {
  const items = itemsOf(template);
  const graph = architectureGraph(items, connectionsOf(template, items));
  const root = await layOut(graph.root);
  const { width, height } = boxOf(root);
  const { edges = [] } = root;
  return svgFile({
    title: 'Architecture',
    description: graph.boxes.map(described).join(' '),
    width,
    height,
    body: [
      ...edges.map((edge) => drawLine(edge, graph)),
      ...graph.boxes.flatMap((box) => drawBox(box, root)),
      ...edges.flatMap((edge) => drawLabels(edge, graph)),
    ],
  });
}

const described = ({ service, rows }: Box) =>
  `${serviceOf(service).name}: ${rows.map(({ item }) => item.title).join(', ')}.`;

function drawBox(box: Box, { children = [] }: ElkNode): readonly string[] {
  const { name, colour } = serviceOf(box.service);
  const { width, height } = box;
  const node = children.find(({ id }) => id === box.service) ?? { id: box.service };
  const frame = { x: 0, y: 0, width, height, rx: 10, fill: colour, 'fill-opacity': 0.07, stroke: colour };
  return [
    group(boxOf(node), [
      element('rect', { x: 0, y: 0, width, height, rx: 10, fill: ink.page }),
      element('rect', frame),
      textAt({ x: sizes.padding, y: 18 }, name, { size: sizes.service, colour, bold: true }),
      ...box.rows.flatMap((row) => drawRow(row, box)),
    ]),
  ];
}

function drawRow({ titles, lines, y, height }: Row, { width }: Box): readonly string[] {
  const x = 2 * sizes.padding - 2;
  const firstLine = y + (height - textHeight(titles, lines)) / 2 + sizes.title - 2;
  const row = { x: sizes.gap, y, width: width - 2 * sizes.gap, height, rx: 6 };
  const title = { size: sizes.title, colour: ink.text, bold: true };
  const styled = [
    ...titles.map((text) => ({ text, style: title })),
    ...lines.map((text) => ({ text, style: { size: sizes.line, colour: ink.quiet } })),
  ];
  return [
    element('rect', { ...row, fill: ink.page, stroke: ink.frame }),
    ...styled.map(({ text, style }, i) => textAt({ x, y: firstLine + i * sizes.lineHeight }, text, style)),
  ];
}

function drawLine(edge: ElkExtendedEdge, { lines }: ArchitectureGraph): string {
  const points = pointsOf(edge);
  return arrow(lines.get(edge.id)?.backwards === true ? [...points].reverse() : points);
}

/** The layout keeps the place free along the line's end; the words stand on the line. */
function drawLabels(edge: ElkExtendedEdge, { lines }: ArchitectureGraph): readonly string[] {
  const points = pointsOf(edge);
  const start = lines.get(edge.id)?.backwards === true ? points.at(-1) : points[0];
  return (edge.labels ?? []).map(({ text = '', x = 0, width = 0 }) => {
    const place = { x: x + width / 2, y: (start?.y ?? 0) - 5 };
    return textAt(place, text, { size: sizes.line, colour: ink.quiet, anchor: 'middle', halo: true });
  });
}
