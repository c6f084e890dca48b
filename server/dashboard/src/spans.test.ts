import {expect, it} from 'vitest';
import type {Row} from './data';
import {spansOf} from './spans';
import type {StudyEvent} from './types';

const row = (number: number, state: string, started: number | null, completed: number | null): Row => ({
  number,
  state,
  worker: 'W1',
  purpose: 'suggested',
  sampler: 'tpe',
  reason: '',
  attempt: 1,
  feasible: true,
  outside: false,
  started,
  completed,
  cost: 0,
  values: [null],
  params: {},
  metrics: {},
});

let sequence = 0;
const event = (at: number, kind: string, body: Record<string, unknown>): StudyEvent => ({
  sequence: ++sequence,
  time: new Date(1000 * at).toISOString(),
  author: 'W1',
  kind,
  body,
});

it('has a run for each trial that was started, up to now while it runs', () => {
  const rows = [row(0, 'complete', 10, 20), row(1, 'running', 15, null), row(2, 'waiting', null, null), row(3, 'failed', 1, 2)];
  expect(spansOf(rows, [], 30).map(({from, to, kind}) => [from, to, kind])).toEqual([
    [10, 20, 'complete'],
    [15, 30, 'running'],
    [1, 2, 'failed'],
  ]);
});

it('takes parked stretches and lost attempts from the events', () => {
  const events = [
    event(1, 'asked', {number: 0, worker: 'W1'}),
    event(3, 'parked', {number: 0, worker: 'W1', reason: 'rate limit'}),
    event(5, 'unparked', {number: 0, worker: 'W1'}),
    event(8, 'lease_lost', {number: 0, worker: 'W1'}),
    event(9, 'asked', {number: 0, worker: 'W2'}),
    event(10, 'told', {number: 0, worker: 'W2', state: 'failed', requeued: true, cause: 'crash'}),
    event(11, 'asked', {number: 0, worker: 'W3'}),
    event(12, 'parked', {number: 0, worker: 'W3', reason: 'auth'}),
  ];
  const spans = spansOf([], events.reverse(), 20);
  expect(spans.map(({worker, from, to, kind}) => [worker, from, to, kind])).toEqual([
    ['W1', 3, 5, 'parked'],
    ['W1', 1, 8, 'lost'],
    ['W2', 9, 10, 'lost'],
    ['W3', 12, 20, 'parked'],
  ]);
});
