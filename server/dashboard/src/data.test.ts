import {describe, expect, it} from 'vitest';
import {bestSoFar, edf, interpolate, merged, paretoFront, rankOf, rowsOf, scaleOf, type Row} from './data';
import type {Columns, Trial} from './types';

const row = (number: number, values: (number | null)[], more: Partial<Row> = {}): Row => ({
  number,
  state: 'complete',
  worker: 'W1',
  purpose: 'suggested',
  sampler: 'tpe',
  reason: '',
  attempt: 1,
  feasible: true,
  outside: false,
  started: 0,
  completed: 10,
  cost: 0,
  values,
  params: {},
  metrics: {},
  ...more,
});

describe('rowsOf', () => {
  it('reads names and leaves out what a trial does not have', () => {
    const columns: Columns = {
      trials: 9,
      last_event: 4,
      names: {state: ['complete', 'failed'], worker: ['W1'], purpose: ['suggested'], sampler: [], reason: ['config']},
      columns: {
        number: [0, 5],
        state: [0, 1],
        worker: [0, -1],
        purpose: [0, 0],
        sampler: [-1, -1],
        reason: [-1, 0],
        attempt: [1, 2],
        feasible: [1, 0],
        outside: [0, 0],
        started: [1, 2],
        completed: [3, null],
        cost_usd: [0.5, 0.75],
        values: [[0.1, null]],
        params: {x: [0.5, 0.6], y: [null, 'a']},
        metrics: {t: [null, 4]},
      },
      intermediate: {},
      quantiles: [[0.1]],
    };
    const [first, second] = rowsOf(columns);
    expect(first).toMatchObject({number: 0, state: 'complete', worker: 'W1', sampler: '', params: {x: 0.5}, metrics: {}});
    expect(second).toMatchObject({number: 5, state: 'failed', worker: '', reason: 'config', feasible: false});
    expect(second!.params).toEqual({x: 0.6, y: 'a'});
    expect(second!.values).toEqual([null]);
  });
});

describe('merged', () => {
  it('replaces rows, adds new ones in order, and carries the cost on', () => {
    const trial = (number: number, value: number, cost: number): Trial => ({
      number,
      state: 'complete',
      value,
      params: {},
      feasible: true,
      metrics: {},
      usage: {cost_usd: cost},
    });
    const rows = [row(0, [1], {cost: 1}), row(1, [null], {state: 'running', cost: 1})];
    const after = merged(rows, [trial(3, 4, 2), trial(1, 2, 1)]);
    expect(after.map(one => [one.number, one.values[0], one.state])).toEqual([
      [0, 1, 'complete'],
      [1, 2, 'complete'],
      [3, 4, 'complete'],
    ]);
    expect(after[1]!.cost).toBe(2);
    expect(rows[1]!.state).toBe('running');
  });
});

describe('bestSoFar', () => {
  it('passes over failed, infeasible and worse ones', () => {
    const rows = [
      row(0, [3]),
      row(1, [1], {feasible: false}),
      row(2, [0], {state: 'failed'}),
      row(3, [4]),
      row(4, [2]),
    ];
    expect(bestSoFar(rows, 'minimize')).toEqual([
      [0, 3],
      [4, 2],
    ]);
    expect(bestSoFar(rows, 'maximize')).toEqual([
      [0, 3],
      [3, 4],
    ]);
  });
});

describe('distribution', () => {
  it('counts shares and ranks', () => {
    expect(edf([1, 2, 4])).toEqual([
      [1, 1 / 3],
      [2, 2 / 3],
      [4, 1],
    ]);
    expect([0, 1, 2, 4, 9].map(value => rankOf(value, [1, 2, 4]))).toEqual([0, 0, 0.5, 1, 1]);
    expect(rankOf(1, [1])).toBe(0.5);
  });
});

describe('paretoFront', () => {
  it('keeps what none dominates', () => {
    const rows = [row(0, [1, 1]), row(1, [2, 3]), row(2, [2, 2]), row(3, [0, 0]), row(4, [5, 9], {feasible: false})];
    expect(paretoFront(rows, ['minimize', 'maximize']).map(one => one.number)).toEqual([3, 0, 1]);
  });
});

describe('scaleOf', () => {
  it('has logarithms and choices', () => {
    const log = scaleOf('lr', {type: 'float', low: 0.001, high: 1, log: true});
    expect(log.position(0.01)).toBeCloseTo(-2);
    expect(log.label(-2)).toBe('0.01');
    const choice = scaleOf('c', {type: 'categorical', choices: ['a', 2, null]});
    expect([choice.position(2), choice.position(null), choice.position('z')]).toEqual([1, 2, null]);
    expect([choice.low, choice.high]).toEqual([-0.5, 2.5]);
  });
});

describe('interpolate', () => {
  it('has the value of one point everywhere and lies between several', () => {
    expect(interpolate([], 4)).toBeNull();
    for (const z of interpolate([{x: 0.2, y: 0.9, z: 7}], 4)!) expect(z).toBeCloseTo(7);
    const grid = interpolate([{x: 0, y: 0, z: 0}, {x: 1, y: 1, z: 1}], 9)!;
    expect(grid[0]).toBeLessThan(0.05);
    expect(grid[80]).toBeGreaterThan(0.95);
    expect(grid[40]).toBeCloseTo(0.5);
  });
});
