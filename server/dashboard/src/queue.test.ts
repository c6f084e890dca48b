import {describe, expect, it} from 'vitest';
import {graphOf, layoutOf, move, pathOf, type Change} from './queue';
import type {QueueItem, Task} from './types';

const item = (number: number, priority: number, more: Partial<QueueItem> = {}): QueueItem => ({
  kind: 'trial',
  number,
  title: '',
  priority,
  tags: [],
  after_trials: [],
  after_tasks: [],
  ready: true,
  waits_for: [],
  ...more,
});

// The server's order: what was handed out before, then by priority, tasks before trials, by number.
function served(items: QueueItem[], changes: Change[]): number[] {
  const now = items.map(one => ({...one, priority: changes.find(change => change.item === one)?.priority ?? one.priority}));
  const rank = (one: QueueItem): number[] => [one.retried ? 0 : 1, -one.priority, one.kind === 'task' ? 0 : 1, one.number];
  return now
    .sort((a, b) => rank(a).map((of, i) => of - rank(b)[i]!).find(difference => difference !== 0) ?? 0)
    .map(one => one.number);
}

describe('move', () => {
  const queues: [string, QueueItem[]][] = [
    ['all different', [item(4, 9), item(1, 5), item(2, 1), item(3, -2)]],
    ['all equal', [item(1, 0), item(2, 0), item(3, 0), item(4, 0), item(5, 0)]],
    ['mixed', [item(1, 5), item(9, 2, {kind: 'task'}), item(2, 2), item(3, 2), item(4, 0)]],
    ['retried ones', [item(1, 0, {retried: true}), item(2, 0, {retried: true}), item(3, 7), item(4, 7)]],
  ];
  it.each(queues)('brings each item to each place: %s', (_, items) => {
    items.forEach((moved, from) =>
      items.forEach((_, to) => {
        const wanted = items.filter(one => one !== moved).map(one => one.number);
        wanted.splice(to, 0, moved.number);
        const changes = move(items, from, to);
        if (changes === null) expect(items.some(one => one.retried)).toBe(true);
        else expect(served(items, changes)).toEqual(wanted);
      }),
    );
  });
  it('touches one alone where there is room', () => {
    expect(move(queues[0]![1], 3, 1)).toEqual([{item: queues[0]![1][3], priority: 7}]);
    expect(move(queues[0]![1], 0, 0)).toEqual([]);
    expect(move(queues[0]![1], 0, 4)).toEqual([]);
  });
  it('leaves what was handed out before in front', () => {
    expect(move(queues[3]![1], 2, 0)).toBeNull();
    expect(move(queues[3]![1], 1, 2)).toBeNull();
    expect(move(queues[3]![1], 3, 2)).not.toBeNull();
  });
});

describe('graphOf', () => {
  const tasks: Task[] = [{number: 0, state: 'running', title: 'Prepare', priority: 0, tags: [], after: []}];
  const items = [
    item(7, 0, {after_trials: [3]}),
    item(8, 0, {after_trials: [7], after_tasks: [0], hold: true, title: 'held'}),
    item(9, 0),
    item(1, 0, {kind: 'task', after_trials: [8], title: 'Write'}),
  ];
  const graph = graphOf(items, tasks, () => 'complete');

  it('has what waits for something, what that is, and how deep it lies', () => {
    expect(graph.nodes.map(node => [node.key, node.layer, node.state])).toEqual([
      ['task 0', 0, 'running'],
      ['trial 3', 0, 'complete'],
      ['trial 7', 1, 'waiting'],
      ['trial 8', 2, 'held'],
      ['task 1', 3, 'waiting'],
    ]);
    expect(graph.edges).toHaveLength(4);
  });
  it('is laid out in columns, or in a list where it is narrow, without one upon another', () => {
    for (const width of [1200, 360]) {
      const layout = layoutOf(graph, width);
      const boxes = [...layout.places.values()];
      for (const box of boxes) {
        expect(box.x).toBeGreaterThanOrEqual(0);
        expect(box.x + box.width).toBeLessThanOrEqual(layout.width);
        expect(box.y + 44).toBeLessThanOrEqual(layout.height);
        const over = boxes.filter(one => one.y === box.y && one.x < box.x + box.width && box.x < one.x + one.width);
        expect(over).toEqual([box]);
      }
      for (const edge of graph.edges) expect(pathOf(layout, edge)).not.toContain('NaN');
    }
    expect(new Set([...layoutOf(graph, 360).places.values()].map(box => box.y)).size).toBe(5);
  });
  it('is empty where nothing waits for anything', () => {
    expect(graphOf([item(9, 0)], tasks, () => '')).toEqual({nodes: [], edges: []});
  });
});
