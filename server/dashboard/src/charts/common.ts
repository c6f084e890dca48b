// What the charts of trials share.
import type {Row} from '../data';
import {clock, duration, number, value} from '../format';
import {tip} from '../parts/chart';

export function trialTip(row: Row): HTMLElement {
  const pairs: [string, string][] = row.values.map((one, k) => [row.values.length > 1 ? `value ${k}` : 'value', number(one)]);
  pairs.push(...Object.entries(row.params).map(([name, of]): [string, string] => [name, value(of)]));
  if (row.worker) pairs.push(['worker', row.worker]);
  if (row.completed !== null && row.started !== null) pairs.push(['took', duration(row.completed - row.started)]);
  if (row.completed !== null) pairs.push(['ended', clock(row.completed * 1000)]);
  const state = row.state === 'complete' ? (row.feasible ? '' : ', infeasible') : `, ${row.state}`;
  return tip(`Trial ${row.number}${state}`, pairs);
}

// Points carry their row, for the tooltip and a click.
export interface Point {
  value: (number | string | null)[];
  row: Row;
}

export const pointTooltip = {
  formatter: (of: {data?: Point}): HTMLElement | string => (of.data?.row ? trialTip(of.data.row) : ''),
};

export const rowOfClick = (data: unknown): number | null => (data as Point | undefined)?.row?.number ?? null;

// Bounds of an axis of values that far outliers do not squash: the middle 98 % and the best, where that is much less.
export function robustRange(values: number[]): [number, number] | null {
  if (values.length < 20) return null;
  const ascending = values.slice().sort((a, b) => a - b);
  const at = (share: number): number => ascending[Math.round(share * (ascending.length - 1))]!;
  const inner = at(0.9) - at(0.1);
  const whole = at(1) - at(0);
  if (!(inner > 0) || whole < 6 * inner) return null;
  return [Math.max(at(0), at(0.1) - inner), Math.min(at(1), at(0.9) + inner)];
}
