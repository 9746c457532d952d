import ELK from 'elkjs/lib/elk.bundled.js';
import type { ElkEdgeSection, ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api';
import type { Point } from './svg.ts';

export type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api';

export const layered: Readonly<Record<string, string>> = {
  'elk.algorithm': 'layered',
  'elk.edgeRouting': 'ORTHOGONAL',
  // Without a seed of our own the layout could differ from one run to the next.
  'elk.randomSeed': '1',
  'elk.layered.thoroughness': '40',
};

export function layOut(graph: ElkNode): Promise<ElkNode> {
  return new ELK().layout(graph);
}

/** The points of an edge, in the coordinates of the node that holds it. */
export function pointsOf(edge: ElkExtendedEdge): readonly Point[] {
  return (edge.sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }: ElkEdgeSection) => [
    startPoint,
    ...bendPoints,
    endPoint,
  ]);
}

/** Where a node lies and how large it is: the layout has set all four. */
export function boxOf({ x = 0, y = 0, width = 0, height = 0 }: ElkNode) {
  return { x, y, width, height };
}
