import {describe, expect, it} from 'vitest';
import type {Row} from './data';
import {TrialRows} from './table';
import type {Columns} from './types';

function columnsOf(values: (number | null)[], more: Partial<Columns['columns']> = {}): Columns {
  const same = <T>(of: T): T[] => values.map(() => of);
  return {
    trials: values.length,
    last_event: 0,
    names: {state: ['complete', 'failed'], worker: ['W1', 'W2'], purpose: ['suggested'], sampler: ['tpe'], reason: []},
    columns: {
      number: values.map((_, i) => i),
      state: values.map(value => (value === null ? 1 : 0)),
      worker: values.map((_, i) => i % 2),
      purpose: same(0),
      sampler: same(0),
      reason: same(-1),
      attempt: same(1),
      feasible: same(1),
      outside: same(0),
      started: values.map((_, i) => i),
      completed: values.map((_, i) => 2 * i),
      cost_usd: same(0),
      values: [values],
      params: {x: values.map((_, i) => i / 10), c: values.map((_, i) => ['grid', 'Random', null][i % 3])},
      metrics: {},
      ...more,
    },
    intermediate: {},
    quantiles: [],
  };
}

const numbers = (table: TrialRows, filter: string, by = 'number', descending = false): number[] =>
  [...table.find(filter, by, descending)].map(place => table.row(place).number);

describe('TrialRows', () => {
  const table = new TrialRows(columnsOf([3, null, 1, 2]));

  it('filters by every term', () => {
    expect(numbers(table, '')).toEqual([0, 1, 2, 3]);
    expect(numbers(table, 'x>0.1')).toEqual([2, 3]);
    expect(numbers(table, 'state=complete value<=2')).toEqual([2, 3]);
    expect(numbers(table, 'state!=complete')).toEqual([1]);
    expect(numbers(table, 'worker=W2 duration>=2')).toEqual([3]);
    expect(numbers(table, 'x>abc')).toEqual([]);
  });

  it('looks for words in workers, states, samplers and parameters', () => {
    expect(numbers(table, 'random')).toEqual([1]);
    expect(numbers(table, 'w2')).toEqual([1, 3]);
    expect(numbers(table, 'TPE grid')).toEqual([0, 3]);
  });

  it('sorts numbers and texts, with what is missing last and equal ones by number', () => {
    expect(numbers(table, '', 'value')).toEqual([2, 3, 0, 1]);
    expect(numbers(table, '', 'value', true)).toEqual([0, 3, 2, 1]);
    expect(numbers(table, '', 'number', true)).toEqual([3, 2, 1, 0]);
    expect(numbers(table, '', 'c')).toEqual([0, 3, 1, 2]);
    expect(numbers(table, '', 'c', true)).toEqual([1, 0, 3, 2]);
    expect(numbers(table, '', 'worker')).toEqual([0, 2, 1, 3]);
  });

  it('sorts numbers before texts of the same column', () => {
    const mixed = new TrialRows(columnsOf([1, 2, 3, 4], {params: {m: ['b', 1e300, 'a', -2]}}));
    expect(numbers(mixed, '', 'm')).toEqual([3, 1, 2, 0]);
  });

  it('takes up what changed and what is new', () => {
    const live = new TrialRows(columnsOf([3, null, 1, 2]));
    const row: Row = {...live.row(1), state: 'complete', values: [0.5]};
    live.put([row, {...row, number: 9, values: [7], params: {x: 5}}]);
    expect(live.size).toBe(5);
    expect(numbers(live, '', 'value')).toEqual([1, 2, 3, 0, 9]);
    expect(numbers(live, 'x=5')).toEqual([9]);
    live.put([{...row, number: 9, values: [0]}]);
    expect(live.size).toBe(5);
    expect(numbers(live, '', 'value')[0]).toBe(9);
  });
});
