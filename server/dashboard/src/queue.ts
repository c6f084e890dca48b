// What waits: moving it, and the graph of what waits for what.
import type {QueueItem, Task} from './types';

export const keyOf = (item: {kind: string; number: number}): string => `${item.kind} ${item.number}`;

export interface Change {
  item: QueueItem;
  priority: number;
}

// Whether the queue takes `a` before `b` where their priorities are equal.
const isFirst = (a: QueueItem, b: QueueItem): boolean => (a.kind === b.kind ? a.number < b.number : a.kind === 'task');

// The priorities that bring items[from] to the place `to`: halfway between its neighbours there; where these are equal, those above
// that have the same are raised too. What was handed out before keeps standing before what was not: null where that is in the way.
export function move(items: QueueItem[], from: number, to: number): Change[] | null {
  const item = items[from];
  if (!item || from === to || to < 0 || to >= items.length) return [];
  const order = items.filter((_, i) => i !== from);
  order.splice(to, 0, item);
  const retried = order.map(one => Boolean(one.retried));
  if (retried.some((one, i) => one && i > 0 && !retried[i - 1])) return null;
  const isOfClass = (one: QueueItem | undefined): one is QueueItem => one !== undefined && Boolean(one.retried) === Boolean(item.retried);
  const above = isOfClass(order[to - 1]) ? order[to - 1]! : null;
  const below = isOfClass(order[to + 1]) ? order[to + 1]! : null;
  if (!above) return below ? [{item, priority: below.priority + 1}] : [];
  if (!below) return [{item, priority: above.priority - 1}];
  if (above.priority > below.priority) return [{item, priority: (above.priority + below.priority) / 2}];
  const {priority} = below;
  if (isFirst(above, item) && isFirst(item, below)) return [{item, priority}];
  const equal: QueueItem[] = [];
  let i = to - 1;
  for (; i >= 0 && isOfClass(order[i]) && order[i]!.priority === priority; --i) equal.push(order[i]!);
  const bound = isOfClass(order[i]) ? order[i]!.priority : priority + equal.length + 2;
  const step = (bound - priority) / (equal.length + 2);
  return [item, ...equal].map((one, k) => ({item: one, priority: priority + (k + 1) * step})).reverse();
}

export interface Node {
  key: string;
  kind: 'trial' | 'task';
  number: number;
  title: string;
  state: string;
  layer: number; // 0: waits for nothing in the graph
}

export interface Graph {
  nodes: Node[]; // by layer, each near what it waits for
  edges: [string, string][]; // what is first, what waits for it
}

// What waits for trials or tasks, and these. `stateOf`: of a trial by its number.
export function graphOf(items: QueueItem[], tasks: Task[], stateOf: (trial: number) => string): Graph {
  const edges: [string, string][] = [];
  const nodes = new Map<string, Node>();
  const waiting = new Map(items.map(item => [keyOf(item), item]));
  const add = (kind: 'trial' | 'task', number: number): string => {
    const key = keyOf({kind, number});
    if (nodes.has(key)) return key;
    const item = waiting.get(key);
    const task = kind === 'task' ? tasks.find(one => one.number === number) : undefined;
    const state = item ? (item.hold ? 'held' : 'waiting') : (task?.state ?? (kind === 'trial' ? stateOf(number) : ''));
    nodes.set(key, {key, kind, number, title: item?.title ?? task?.title ?? '', state, layer: 0});
    return key;
  };
  for (const item of items) {
    for (const trial of item.after_trials) edges.push([add('trial', trial), add(item.kind, item.number)]);
    for (const task of item.after_tasks) edges.push([add('task', task), add(item.kind, item.number)]);
  }
  // The longest way to each; a graph of n nodes needs at most n rounds.
  for (let round = 0, moved = true; moved && round < nodes.size; ++round) {
    moved = false;
    for (const [first, then] of edges) {
      const layer = nodes.get(first)!.layer + 1;
      const node = nodes.get(then)!;
      if (node.layer < layer) {
        node.layer = layer;
        moved = true;
      }
    }
  }
  const ordered: Node[] = [];
  const layers = Math.max(-1, ...[...nodes.values()].map(node => node.layer));
  for (let layer = 0; layer <= layers; ++layer) {
    const place = (node: Node): number => {
      const before = edges.filter(([, then]) => then === node.key).map(([first]) => ordered.findIndex(one => one.key === first));
      return before.length ? before.reduce((a, b) => a + b, 0) / before.length : 0;
    };
    ordered.push(
      ...[...nodes.values()]
        .filter(node => node.layer === layer)
        .map(node => ({node, at: place(node)}))
        .sort((a, b) => a.at - b.at || a.node.number - b.node.number)
        .map(({node}) => node),
    );
  }
  return {nodes: ordered, edges};
}

export interface Layout {
  width: number;
  height: number;
  places: Map<string, {x: number; y: number; width: number}>;
}

const kWide = {width: 176, height: 44, right: 64, down: 14};
const kNarrow = {indent: 20, down: 12};
export const kNodeHeight = kWide.height;

// Layers from left to right where `width` has room for them; else one below the other, further in by layer.
export function layoutOf({nodes}: Graph, width: number): Layout {
  const layers = 1 + Math.max(0, ...nodes.map(node => node.layer));
  const wanted = layers * kWide.width + (layers - 1) * kWide.right;
  const places: Layout['places'] = new Map();
  if (wanted <= width) {
    const filled = new Array<number>(layers).fill(0);
    for (const node of nodes) {
      const row = filled[node.layer]!++;
      places.set(node.key, {x: node.layer * (kWide.width + kWide.right), y: row * (kWide.height + kWide.down), width: kWide.width});
    }
    return {width: wanted, height: Math.max(...filled) * (kWide.height + kWide.down) - kWide.down, places};
  }
  const indent = Math.min(kNarrow.indent, (width - 120) / Math.max(1, layers));
  nodes.forEach((node, i) => {
    const x = (node.layer + 1) * indent;
    places.set(node.key, {x, y: i * (kWide.height + kNarrow.down), width: Math.min(320, width - x)});
  });
  return {width, height: nodes.length * (kWide.height + kNarrow.down) - kNarrow.down, places};
}

// An edge as the path of an SVG.
export function pathOf({places}: Layout, [first, then]: [string, string]): string {
  const from = places.get(first)!;
  const to = places.get(then)!;
  const half = kWide.height / 2;
  if (to.x >= from.x + from.width) {
    const middle = (from.x + from.width + to.x) / 2;
    return `M${from.x + from.width} ${from.y + half}C${middle} ${from.y + half} ${middle} ${to.y + half} ${to.x} ${to.y + half}`;
  }
  const left = from.x - kNarrow.indent / 2;
  return `M${from.x} ${from.y + half}H${left}V${to.y + half}H${to.x}`;
}
