import type { ElkNode, ElkPort } from 'elkjs/lib/elk-api';
import { widest, wrapText } from '../text-width.ts';
import type { Item } from './items.ts';
import { type ServiceKey, serviceOf, serviceOrder } from './services.ts';

export const sizes = {
  service: 11,
  title: 13,
  line: 11,
  lineHeight: 15,
  header: 26,
  padding: 10,
  gap: 8,
} as const;
/** Long descriptions wrap at this width, so that the whole stays readable in a README. */
const TEXT_WIDTH = 156;
const PORT_SPACING = 18;

export type Side = 'WEST' | 'EAST';

/** Where lines meet a row: each end that says or means the same shares one place. */
export interface Port {
  readonly id: string;
  readonly item: string;
  readonly side: Side;
  /** Orders the ports of a row from top to bottom. */
  readonly rank: number;
}

export interface Row {
  readonly item: Item;
  readonly titles: readonly string[];
  readonly lines: readonly string[];
  readonly y: number;
  readonly height: number;
}

/** A service with its items as rows. */
export interface Box {
  readonly service: ServiceKey;
  readonly width: number;
  readonly height: number;
  readonly rows: readonly Row[];
}

export function boxesOf(items: readonly Item[], ports: readonly Port[]): readonly Box[] {
  const present = [...new Set(items.map(({ service }) => service))].sort(
    (a, b) => serviceOrder(a) - serviceOrder(b),
  );
  const boxes = present.map((service) =>
    boxOfService(
      service,
      items.filter((item) => item.service === service),
      ports,
    ),
  );
  return boxes.map((box) => ({ ...box, width: columnWidth(box, boxes) }));
}

function columnWidth({ service }: Box, boxes: readonly Box[]): number {
  const column = boxes.filter((box) => serviceOf(box.service).column === serviceOf(service).column);
  return Math.max(...column.map(({ width }) => width));
}

function boxOfService(service: ServiceKey, items: readonly Item[], ports: readonly Port[]): Box {
  let y: number = sizes.header;
  const rows = items.map((item) => {
    const lines = item.lines.flatMap((line) => wrapText(line, sizes.line, TEXT_WIDTH));
    const titles = wrapText(item.title, sizes.title, TEXT_WIDTH);
    const height = rowHeight(titles, lines, portsOf(item, ports));
    const row = { item, titles, lines, y, height };
    y += row.height + sizes.gap;
    return row;
  });
  const name = widest([serviceOf(service).name], sizes.service, true);
  const titles = widest(
    rows.flatMap((row) => row.titles),
    sizes.title,
    true,
  );
  const lines = widest(
    rows.flatMap((row) => row.lines),
    sizes.line,
  );
  return { service, rows, height: y, width: Math.max(name, titles, lines) + 4 * sizes.padding };
}

const portsOf = ({ id }: Item, ports: readonly Port[]) => ports.filter(({ item }) => item === id);

function rowHeight(titles: readonly string[], lines: readonly string[], ports: readonly Port[]): number {
  const most = Math.max(
    ...(['WEST', 'EAST'] as const).map((side) => ports.filter((port) => port.side === side).length),
  );
  return Math.max(textHeight(titles, lines) + 18, (most + 0.5) * PORT_SPACING);
}

export const textHeight = (titles: readonly string[], lines: readonly string[]) =>
  sizes.title + (titles.length - 1 + lines.length) * sizes.lineHeight;

/** The box as the layout sees it: a node whose ports are fixed beside their rows. */
export function nodeOf(box: Box, ports: readonly Port[]): ElkNode {
  return {
    id: box.service,
    width: box.width,
    height: box.height,
    ports: box.rows.flatMap((row) => elkPorts(box, row, ports)),
    layoutOptions: {
      'elk.portConstraints': 'FIXED_POS',
      'elk.partitioning.partition': String(serviceOf(box.service).column),
    },
  };
}

function elkPorts(box: Box, row: Row, ports: readonly Port[]): readonly ElkPort[] {
  return (['WEST', 'EAST'] as const).flatMap((side) => {
    const here = portsOf(row.item, ports).filter((port) => port.side === side);
    const sorted = [...here].sort((a, b) => a.rank - b.rank);
    const first = row.y + row.height / 2 - ((sorted.length - 1) * PORT_SPACING) / 2;
    return sorted.map(({ id }, i) => ({
      id,
      x: side === 'WEST' ? 0 : box.width,
      y: first + i * PORT_SPACING,
      width: 0,
      height: 0,
      layoutOptions: { 'elk.port.side': side },
    }));
  });
}
