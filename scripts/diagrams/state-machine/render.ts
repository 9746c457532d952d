import { boxOf, type ElkExtendedEdge, type ElkNode, layOut, pointsOf } from '../lay-out.ts';
import { arrow, element, group, ink, svgFile, textAt } from '../svg.ts';
import type { StateScope } from './definition.ts';
import { type Drawn, headerHeight, type StateGraph, sizes, stateGraph } from './graph.ts';

const accents: Readonly<Record<string, string>> = {
  Task: '#d86613',
  Map: '#8250df',
  Parallel: '#8250df',
  Choice: '#0a7d6c',
  Wait: '#9a6700',
  Succeed: '#1a7f37',
  Fail: '#cf222e',
};

const README_WIDTH = 960;

/** The state machine as an SVG file: states by their names and types, maps and parallels as boxes around theirs. */
export async function renderStateMachine(definition: StateScope): Promise<string> {
  const { graph, root } = await fitting(definition);
  const { width, height } = boxOf(root);
  return svgFile({
    title: 'State machine',
    description: `States: ${[...graph.nodes.values()].flatMap((node) => (node.kind === 'state' ? [node.name] : [])).join(', ')}.`,
    width,
    height,
    body: drawScope(root, graph),
  });
}

/** Nested states run from left to right where that fits a README, and downwards where it does not. */
async function fitting(definition: StateScope) {
  const [wide, narrow] = [stateGraph(definition, 'RIGHT'), stateGraph(definition, 'DOWN')];
  const root = await layOut(wide.root);
  if (boxOf(root).width <= README_WIDTH) return { graph: wide, root };
  return { graph: narrow, root: await layOut(narrow.root) };
}

function drawScope({ children = [], edges = [] }: ElkNode, graph: StateGraph): readonly string[] {
  return [
    ...children.flatMap((child) => drawNode(child, graph)),
    ...edges.map((edge) => drawLine(edge, graph)),
    ...edges.flatMap((edge) => drawLabels(edge, graph)),
  ];
}

function drawNode(node: ElkNode, graph: StateGraph): readonly string[] {
  const drawn = graph.nodes.get(node.id);
  if (drawn === undefined) throw new Error(`Cannot draw the state machine: it has no node ${node.id}.`);
  if (drawn.kind === 'dot') return [drawDot(node, drawn.end)];
  const box = drawn.kind === 'branch' ? [frame(node, ink.frame, ink.page, true)] : drawState(node, drawn);
  return [group(boxOf(node), [...box, ...drawScope(node, graph)])];
}

function drawDot(node: ElkNode, end: boolean): string {
  const { x, y, width } = boxOf(node);
  const centre = { cx: x + width / 2, cy: y + width / 2 };
  if (!end) return element('circle', { ...centre, r: width / 2 - 1, fill: ink.text });
  return element('circle', {
    ...centre,
    r: width / 2 - 2.5,
    fill: ink.text,
    stroke: ink.page,
    'stroke-width': 1.5,
  })
    .concat('\n')
    .concat(
      element('circle', {
        ...centre,
        r: width / 2 - 0.7,
        fill: 'none',
        stroke: ink.text,
        'stroke-width': 1.4,
      }),
    );
}

function drawState(node: ElkNode, { name, type, lines }: Drawn & { kind: 'state' }): readonly string[] {
  const accent = accents[type] ?? ink.quiet;
  const nested = (node.children ?? []).length > 0;
  const x = sizes.padding + 4;
  const firstLine = sizes.padding + sizes.title - 2;
  return [
    frame(node, nested ? accent : ink.frame, nested ? '#f8f6fe' : ink.page, nested),
    element('rect', {
      x: 0,
      y: 8,
      width: 4,
      height: (nested ? headerHeight(lines) : boxOf(node).height) - 16,
      rx: 2,
      fill: accent,
    }),
    textAt({ x, y: firstLine }, name, { size: sizes.title, colour: ink.text, bold: true }),
    ...lines.map((line, i) =>
      textAt({ x, y: firstLine + (i + 1) * sizes.lineHeight + 2 }, line, {
        size: sizes.line,
        colour: ink.quiet,
      }),
    ),
  ];
}

function frame(node: ElkNode, stroke: string, fill: string, dashed: boolean): string {
  const { width, height } = boxOf(node);
  const border = { fill, stroke, 'stroke-width': 1.2, ...(dashed ? { 'stroke-dasharray': '2 3' } : {}) };
  return element('rect', { x: 0, y: 0, width, height, rx: 8, ...border });
}

function drawLine(edge: ElkExtendedEdge, { transitions }: StateGraph): string {
  const caught = transitions.get(edge.id)?.caught === true;
  return arrow(pointsOf(edge), caught ? { dashed: true, colour: ink.caught } : {});
}

function drawLabels({ id, labels = [] }: ElkExtendedEdge, { transitions }: StateGraph): readonly string[] {
  const colour = transitions.get(id)?.caught === true ? ink.caught : ink.quiet;
  return labels.map(({ text = '', x = 0, y = 0, width = 0 }) =>
    textAt({ x: x + width / 2, y: y + sizes.label + 1 }, text, {
      size: sizes.label,
      colour,
      anchor: 'middle',
      halo: true,
    }),
  );
}
