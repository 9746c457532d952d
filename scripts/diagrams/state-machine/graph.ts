import { type ElkExtendedEdge, type ElkNode, layered } from '../lay-out.ts';
import { textWidth, widest } from '../text-width.ts';
import type { State, StateScope } from './definition.ts';
import { expression, stateLines } from './state-text.ts';

export const sizes = { title: 14, line: 12, label: 11, lineHeight: 17, padding: 12, dot: 14 } as const;

/** A state's name may be anything, but hardly this; the start is the empty name. */
const END = '(end)';

export interface Transition {
  readonly from: string;
  readonly to: string;
  readonly caught: boolean;
  readonly label: string;
}

/** What a node of the layout stands for. */
export type Drawn =
  | { readonly kind: 'dot'; readonly end: boolean }
  | { readonly kind: 'branch' }
  | {
      readonly kind: 'state';
      readonly name: string;
      readonly type: string;
      readonly lines: readonly string[];
    };

export type Direction = 'DOWN' | 'RIGHT';

export interface StateGraph {
  readonly root: ElkNode;
  readonly nodes: ReadonlyMap<string, Drawn>;
  readonly transitions: ReadonlyMap<string, Transition>;
}

/** The nodes to lay out: each scope of states is a box of its own, for transitions never leave their scope. */
export function stateGraph(definition: StateScope, nested: Direction): StateGraph {
  const builder = new GraphBuilder(nested);
  const root = {
    id: 'machine',
    layoutOptions: scopeOptions('DOWN', '[top=24,left=24,bottom=24,right=24]'),
    ...builder.scope('machine', definition),
  };
  return { root, nodes: builder.nodes, transitions: builder.transitions };
}

class GraphBuilder {
  readonly nodes = new Map<string, Drawn>();
  readonly transitions = new Map<string, Transition>();
  readonly #nested: Direction;

  constructor(nested: Direction) {
    this.#nested = nested;
  }

  scope(path: string, scope: StateScope): Pick<ElkNode, 'children' | 'edges'> {
    const children = Object.entries(scope.States).map(([name, state]) =>
      this.#state(`${path}/${name}`, name, state),
    );
    levelHeights(children);
    const edges = transitionsOf(scope).map((transition, i) => this.#edge(path, transition, i));
    return {
      children: [this.#dot(`${path}/`, false), ...children, this.#dot(`${path}/${END}`, true)],
      edges,
    };
  }

  #dot(id: string, end: boolean): ElkNode {
    this.nodes.set(id, { kind: 'dot', end });
    return { id, width: sizes.dot, height: sizes.dot, ports: [{ id: `${id}.` }] };
  }

  #state(id: string, name: string, state: State): ElkNode {
    const lines = stateLines(state);
    this.nodes.set(id, { kind: 'state', name, type: state.Type, lines });
    const width =
      Math.max(textWidth(name, sizes.title, true), widest(lines, sizes.line)) + 2 * sizes.padding + 4;
    const height = headerHeight(lines);
    const scopes = [...(state.ItemProcessor ? [state.ItemProcessor] : []), ...(state.Branches ?? [])];
    return scopes.length === 0 ? { id, width, height } : this.#compound(id, scopes, { width, height });
  }

  #compound(
    id: string,
    scopes: readonly StateScope[],
    header: { readonly width: number; readonly height: number },
  ): ElkNode {
    const layoutOptions = {
      ...scopeOptions(this.#nested, `[top=${header.height + 4},left=16,bottom=18,right=16]`),
      'elk.contentAlignment': 'H_CENTER V_TOP',
      'elk.nodeSize.constraints': 'MINIMUM_SIZE',
      'elk.nodeSize.minimum': `(${header.width},${header.height})`,
    };
    const [only] = scopes;
    if (only !== undefined && scopes.length === 1) return { id, layoutOptions, ...this.scope(id, only) };
    return { id, layoutOptions, children: scopes.map((scope, i) => this.#branch(`${id}/${i + 1}`, scope)) };
  }

  #branch(id: string, scope: StateScope): ElkNode {
    this.nodes.set(id, { kind: 'branch' });
    const layoutOptions = scopeOptions(this.#nested, '[top=12,left=12,bottom=12,right=12]');
    return { id, layoutOptions, ...this.scope(id, scope) };
  }

  #edge(path: string, transition: Transition, index: number): ElkExtendedEdge {
    const id = `${path}>${index}`;
    this.transitions.set(id, transition);
    const { from, to, label } = transition;
    const size = { width: textWidth(label, sizes.label) + 8, height: sizes.lineHeight };
    const labels = label === '' ? [] : [{ text: label, ...size }];
    return { id, sources: [endOf(path, from)], targets: [endOf(path, to)], labels };
  }
}

/** A dot has one place where all its lines meet. */
const endOf = (path: string, name: string) => `${path}/${name}${name === '' || name === END ? '.' : ''}`;

/** States side by side are equally high, so that the lines between them are straight. */
function levelHeights(children: readonly ElkNode[]): void {
  const simple = children.filter((child) => child.children === undefined);
  const height = Math.max(0, ...simple.map((child) => child.height ?? 0));
  for (const child of simple) child.height = height;
}

export const headerHeight = (lines: readonly string[]) =>
  2 * sizes.padding + sizes.title + lines.length * sizes.lineHeight;

function scopeOptions(direction: Direction, padding: string): Record<string, string> {
  return {
    ...layered,
    'elk.direction': direction,
    'elk.padding': padding,
    // From the start on: a line back to an earlier state is drawn as one.
    'elk.layered.cycleBreaking.strategy': 'DEPTH_FIRST',
    'elk.spacing.nodeNode': '28',
    'elk.spacing.edgeNode': '18',
    'elk.layered.spacing.nodeNodeBetweenLayers': '34',
    'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  };
}

function transitionsOf({ StartAt, States }: StateScope): readonly Transition[] {
  const plain = { caught: false, label: '' };
  const all = Object.entries(States).flatMap(([from, state]): readonly Transition[] => [
    ...(state.Choices ?? []).map(({ Condition, Next }) => ({
      from,
      to: Next,
      caught: false,
      label: expression(Condition ?? ''),
    })),
    ...(state.Default === undefined ? [] : [{ from, to: state.Default, caught: false, label: 'otherwise' }]),
    ...(state.Next === undefined ? [] : [{ ...plain, from, to: state.Next }]),
    ...(isTerminal(state) ? [{ ...plain, from, to: END }] : []),
    ...(state.Catch ?? []).map(({ ErrorEquals, Next }) => ({
      from,
      to: Next,
      caught: true,
      label: ErrorEquals.join(', '),
    })),
  ]);
  return [{ ...plain, from: '', to: StartAt }, ...all];
}

const isTerminal = ({ Type, End }: State) => End === true || Type === 'Succeed' || Type === 'Fail';
