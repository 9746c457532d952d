import { type ElkExtendedEdge, type ElkNode, layered } from '../lay-out.ts';
import { textWidth } from '../text-width.ts';
import { type Box, boxesOf, nodeOf, type Port, type Side, sizes } from './boxes.ts';
import type { Connection } from './connections.ts';
import type { Item } from './items.ts';
import { serviceOf, serviceOrder } from './services.ts';

export interface Line {
  readonly connection: Connection;
  /** Against the direction of the layout, whose lines all run from left to right. */
  readonly backwards: boolean;
}

export interface ArchitectureGraph {
  readonly root: ElkNode;
  readonly boxes: readonly Box[];
  readonly lines: ReadonlyMap<string, Line>;
}

interface End {
  readonly port: Port;
  readonly item: Item;
}

export function architectureGraph(
  all: readonly Item[],
  connections: readonly Connection[],
): ArchitectureGraph {
  const drawable = connections.filter(
    (connection) => columnOf(connection.from, all) !== columnOf(connection.to, all),
  );
  const items = all.map((item) => withWords(item, connections, all));
  const planned = drawable.map((connection) => planLine(connection, items));
  const ports = [
    ...new Map(
      planned.flatMap(({ from, to }) => [from.port, to.port].map((p) => [p.id, p] as const)),
    ).values(),
  ];
  const boxes = boxesOf(items, ports);
  const labelled = new Set<string>();
  const edges = planned.map((line, i) => edgeOf(line, String(i), labelled));
  const root = {
    id: 'architecture',
    layoutOptions: options,
    children: boxes.map((box) => nodeOf(box, ports)),
    edges,
  };
  const lines = new Map(
    planned.map(({ connection, backwards }, i) => [String(i), { connection, backwards }]),
  );
  return { root, boxes, lines };
}

const columnOf = (id: string, items: readonly Item[]) => serviceOf(itemWith(id, items).service).column;

/** Between boxes one above the other no line has room: the lower one says it in words. */
function withWords(item: Item, connections: readonly Connection[], items: readonly Item[]): Item {
  const unseen = connections.filter(
    ({ from, to }) => to === item.id && columnOf(from, items) === columnOf(to, items),
  );
  const words = unseen.map(({ from, label }) => `← ${itemWith(from, items).title} ${label}`);
  return { ...item, lines: [...item.lines, ...words] };
}

const options = {
  ...layered,
  'elk.direction': 'RIGHT',
  'elk.padding': '[top=20,left=20,bottom=20,right=20]',
  'elk.partitioning.activate': 'true',
  'elk.spacing.nodeNode': '26',
  'elk.spacing.edgeNode': '16',
  'elk.spacing.edgeEdge': '12',
  'elk.layered.spacing.nodeNodeBetweenLayers': '36',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '12',
  'elk.spacing.labelNode': '6',
  'elk.spacing.edgeLabel': '1',
};

interface PlannedLine extends Line {
  readonly from: End;
  readonly to: End;
}

function planLine(connection: Connection, items: readonly Item[]): PlannedLine {
  const [from, to] = [itemWith(connection.from, items), itemWith(connection.to, items)];
  const backwards = serviceOf(from.service).column > serviceOf(to.service).column;
  const [near, far]: readonly Side[] = backwards ? ['WEST', 'EAST'] : ['EAST', 'WEST'];
  return {
    connection,
    backwards,
    from: { item: from, port: portAt(from, near as Side, connection.label, to) },
    to: { item: to, port: portAt(to, far as Side, 'in', from) },
  };
}

function itemWith(id: string, items: readonly Item[]): Item {
  const item = items.find((candidate) => candidate.id === id);
  if (item === undefined) throw new Error(`Cannot draw the architecture: it has no item ${id}.`);
  return item;
}

const portAt = (item: Item, side: Side, role: string, other: Item): Port => ({
  id: `${item.id}|${side}|${role}`,
  item: item.id,
  side,
  rank: serviceOrder(other.service),
});

/** The label stands where the line begins, once for lines that begin together. */
function edgeOf(
  { connection, backwards, from, to }: PlannedLine,
  id: string,
  labelled: Set<string>,
): ElkExtendedEdge {
  const [source, target] = backwards ? [to, from] : [from, to];
  const said = labelled.has(from.port.id);
  labelled.add(from.port.id);
  const label = {
    text: connection.label,
    width: textWidth(connection.label, sizes.line) + 6,
    height: sizes.lineHeight,
    layoutOptions: { 'elk.edgeLabels.placement': backwards ? 'HEAD' : 'TAIL' },
  };
  return { id, sources: [source.port.id], targets: [target.port.id], labels: said ? [] : [label] };
}
