// The trials of a study as the charts take them, and what is reckoned from them.
import type {Columns, Direction, ParamSpec, StudyFile, Trial} from './types';

export interface Row {
  number: number;
  state: string;
  worker: string;
  purpose: string;
  sampler: string;
  reason: string;
  attempt: number;
  feasible: boolean;
  outside: boolean;
  started: number | null; // seconds since 1970
  completed: number | null;
  cost: number; // USD told for all trials up to this one
  values: (number | null)[];
  params: Record<string, unknown>;
  metrics: Record<string, number | null>;
}

// Trial by trial what stands in the columns: the row at `i`.
export function rowReader({columns, names}: Columns): (i: number) => Row {
  const params = Object.entries(columns.params);
  const metrics = Object.entries(columns.metrics);
  return i => {
    const row: Row = {
      number: columns.number[i]!,
      state: names.state[columns.state[i]!] ?? '',
      worker: names.worker[columns.worker[i]!] ?? '',
      purpose: names.purpose[columns.purpose[i]!] ?? '',
      sampler: names.sampler[columns.sampler[i]!] ?? '',
      reason: names.reason[columns.reason[i]!] ?? '',
      attempt: columns.attempt[i]!,
      feasible: columns.feasible[i] === 1,
      outside: columns.outside[i] === 1,
      started: columns.started[i]!,
      completed: columns.completed[i]!,
      cost: columns.cost_usd[i]!,
      values: columns.values.map(column => column[i]!),
      params: {},
      metrics: {},
    };
    for (const [name, column] of params) if (column[i] !== null) row.params[name] = column[i];
    for (const [name, column] of metrics) if (column[i] !== null) row.metrics[name] = column[i]!;
    return row;
  };
}

export function rowsOf(from: Columns): Row[] {
  const read = rowReader(from);
  return from.columns.number.map((_, i) => read(i));
}

const secondsOf = (time: string | undefined): number | null => (time ? new Date(time).getTime() / 1000 : null);

export function costOf(trial: Trial): number {
  return [trial.usage, ...(trial.earlier ?? []).map(one => one.usage)].reduce((sum, use) => sum + (use?.cost_usd ?? 0), 0);
}

// `before`: what the trials before it cost together.
export function rowOf(trial: Trial, before: number): Row {
  const values = trial.values ?? (trial.value === undefined ? [null] : [trial.value]);
  return {
    number: trial.number,
    state: trial.state,
    worker: trial.worker ?? '',
    purpose: trial.purpose ?? '',
    sampler: trial.sampler ?? '',
    reason: trial.reason ?? '',
    attempt: trial.attempt ?? 0,
    feasible: trial.feasible,
    outside: trial.outside ?? false,
    started: secondsOf(trial.started),
    completed: secondsOf(trial.completed),
    cost: before + costOf(trial),
    values: values.map(one => (typeof one === 'number' ? one : null)),
    params: trial.params,
    metrics: trial.metrics,
  };
}

// `rows` with the trials as they are now. Both are by number, ascending; `rows` is left as it is.
export function merged(rows: Row[], trials: Trial[]): Row[] {
  if (!trials.length) return rows;
  const at = new Map(rows.map((row, i) => [row.number, i]));
  const out = rows.slice();
  for (const trial of trials) {
    const found = at.get(trial.number);
    if (found !== undefined) {
      const before = found > 0 ? out[found - 1]!.cost : 0;
      out[found] = rowOf(trial, Math.max(before, out[found]!.cost - costOf(trial)));
    } else {
      out.push(rowOf(trial, out.length ? out[out.length - 1]!.cost : 0));
      at.set(trial.number, out.length - 1);
    }
  }
  return out.sort((a, b) => a.number - b.number);
}

export const directionsOf = (spec: StudyFile): Direction[] => spec.directions ?? [spec.direction ?? 'minimize'];

export function isResult(row: Row, objective = 0): boolean {
  return row.state === 'complete' && row.values[objective] != null;
}

// The best feasible result so far at each trial that has one or improves it: [number, best].
export function bestSoFar(rows: Row[], direction: Direction, objective = 0): [number, number][] {
  const steps: [number, number][] = [];
  let best = Number.NaN;
  for (const row of rows) {
    if (!isResult(row, objective) || !row.feasible || row.outside) continue;
    const value = row.values[objective]!;
    const better = direction === 'minimize' ? value < best : value > best;
    if (!Number.isNaN(best) && !better) continue;
    best = value;
    steps.push([row.number, best]);
  }
  return steps;
}

// Share of results at or below each of the quantiles: [value, share].
export function edf(quantiles: number[]): [number, number][] {
  return quantiles.map((value, i) => [value, (i + 1) / quantiles.length]);
}

// Where `value` stands among the results, from 0 for the lowest to 1 for the highest.
export function rankOf(value: number, quantiles: number[]): number {
  let low = 0;
  let high = quantiles.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (quantiles[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return quantiles.length > 1 ? Math.min(1, low / (quantiles.length - 1)) : 0.5;
}

// The rows of complete, feasible trials that none dominates.
export function paretoFront(rows: Row[], directions: Direction[]): Row[] {
  const losses = (row: Row): number[] => directions.map((d, k) => (d === 'minimize' ? 1 : -1) * row.values[k]!);
  const results = rows
    .filter(row => row.state === 'complete' && row.feasible && row.values.every(value => value !== null))
    .map(row => ({row, loss: losses(row)}))
    .sort((a, b) => a.loss.map((loss, k) => loss - b.loss[k]!).find(difference => difference !== 0) ?? 0);
  const front: {row: Row; loss: number[]}[] = [];
  for (const one of results) {
    const dominated = front.some(
      ({loss}) => loss.every((l, k) => l <= one.loss[k]!) && loss.some((l, k) => l < one.loss[k]!),
    );
    if (!dominated) front.push(one);
  }
  return front.map(({row}) => row);
}

// A parameter as an axis: numbers in even steps to the eye (logarithms, positions of choices).
export interface Scale {
  name: string;
  kind: 'linear' | 'log' | 'choice';
  low: number;
  high: number;
  position(value: unknown): number | null;
  label(position: number): string;
}

export function scaleOf(name: string, spec: ParamSpec): Scale {
  if (spec.type === 'categorical') {
    const choices = (spec.choices ?? []).map(choice => JSON.stringify(choice));
    return {
      name,
      kind: 'choice',
      low: -0.5,
      high: choices.length - 0.5,
      position: value => {
        const found = choices.indexOf(JSON.stringify(value));
        return found < 0 ? null : found;
      },
      label: position => {
        const choice = spec.choices?.[position];
        return choice === undefined ? '' : typeof choice === 'string' ? choice : JSON.stringify(choice);
      },
    };
  }
  const to = spec.log ? Math.log10 : (x: number) => x;
  const from = spec.log ? (x: number) => 10 ** x : (x: number) => x;
  return {
    name,
    kind: spec.log ? 'log' : 'linear',
    low: to(spec.low ?? 0),
    high: to(spec.high ?? 1),
    position: value => (typeof value === 'number' ? to(value) : null),
    label: position => String(Number(from(position).toPrecision(3))),
  };
}

// Values on a grid of side x side over [0, 1]^2 (row by row from the lowest y) from scattered points: their mean, weighted
// by a power of the inverse distance that is smooth at the points themselves; null while there is none.
export function interpolate(points: {x: number; y: number; z: number}[], side: number): number[] | null {
  if (!points.length) return null;
  const out = new Array<number>(side * side);
  for (let j = 0; j < side; ++j) {
    for (let i = 0; i < side; ++i) {
      const x = (i + 0.5) / side;
      const y = (j + 0.5) / side;
      let weights = 0;
      let sum = 0;
      for (const point of points) {
        const distance = (point.x - x) ** 2 + (point.y - y) ** 2 + kBlur;
        const weight = 1 / (distance * distance);
        weights += weight;
        sum += weight * point.z;
      }
      out[j * side + i] = sum / weights;
    }
  }
  return out;
}

const kBlur = 2e-3;
