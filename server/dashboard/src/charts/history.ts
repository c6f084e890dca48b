// Optimization history: results by trial, the best so far, and what to believe of the best.
import {bestSoFar, type Row} from '../data';
import {number} from '../format';
import {axis, tools, zoom, type Option} from '../parts/chart';
import {palette, workerColour} from '../theme';
import type {BestRow, Direction} from '../types';
import {pointTooltip, robustRange, type Point} from './common';

export interface HistoryInput {
  rows: Row[];
  total: number;
  direction: Direction;
  workers: string[];
  leader: BestRow | undefined;
  target: number | null;
  log: boolean;
  objective: number;
}

// Above so many points each is a small, faint dot.
const kDense = 1200;

export function historyOption(input: HistoryInput): Option | null {
  const {rows, direction, workers, leader, objective, log} = input;
  const drawn = rows.filter(row => row.values[objective] != null && (!log || row.values[objective]! > 0));
  if (!drawn.length) return null;
  const colours = palette.value;
  const dense = drawn.length > kDense;
  const point = (row: Row): Point => ({value: [row.number, row.values[objective]!], row});
  const good = (row: Row): boolean => row.state === 'complete' && row.feasible && !row.outside;
  const scatter = (name: string, of: Row[], colour: string, more: Option = {}): Option => ({
    name,
    type: 'scatter',
    data: of.map(point),
    symbolSize: dense ? 4 : 8,
    itemStyle: {color: colour, opacity: dense ? 0.55 : 0.85},
    emphasis: {itemStyle: {borderColor: colours.ink, borderWidth: 1.5}},
    z: 3,
    ...more,
  });
  const series: Option[] = [];
  const names = [...workers.filter(worker => drawn.some(row => row.worker === worker)), ''];
  for (const worker of names) {
    const of = drawn.filter(row => good(row) && (row.worker === worker || (worker === '' && !workers.includes(row.worker))));
    if (of.length) series.push(scatter(worker || 'no worker', of, workerColour(worker, workers)));
  }
  const pruned = drawn.filter(row => row.state === 'pruned');
  if (pruned.length) series.push(scatter('pruned', pruned, colours.muted, {symbol: 'diamond', itemStyle: {color: 'none', borderColor: colours.muted}}));
  const other = drawn.filter(row => !good(row) && row.state !== 'pruned');
  if (other.length) series.push(scatter('infeasible or void', other, colours.infeasible, {symbol: 'triangle', itemStyle: {color: colours.infeasible, opacity: 0.7}}));

  const steps = bestSoFar(drawn, direction, objective);
  if (steps.length) {
    const last = drawn[drawn.length - 1]!.number;
    series.push({
      name: 'best so far',
      type: 'line',
      step: 'end',
      symbol: 'none',
      silent: true,
      data: [...steps, [Math.max(last, input.total - 1), steps.at(-1)![1]]],
      lineStyle: {color: colours.best, width: 2.5},
      itemStyle: {color: colours.best},
      z: 4,
      ...marks(input),
    });
  }
  const range = log ? null : robustRange(drawn.map(row => row.values[objective]!));
  const interval = objective === 0 ? leader?.interval : null;
  const bounds = range && [
    Math.min(range[0], steps.at(-1)?.[1] ?? range[0], interval?.[0] ?? range[0]),
    Math.max(range[1], steps.at(-1)?.[1] ?? range[1], interval?.[1] ?? range[1]),
  ];
  return {
    grid: {left: 64, right: 18, top: 34, bottom: 46},
    legend: {type: 'scroll', left: 0, right: 90, top: 0, itemWidth: 12, itemHeight: 10, textStyle: {color: colours.muted, fontSize: 12}},
    toolbox: tools(),
    dataZoom: zoom(),
    tooltip: pointTooltip,
    xAxis: axis({type: 'value', name: 'Trial', min: 0, max: Math.max(1, input.total - 1), minInterval: 1, splitLine: {show: false}}),
    yAxis: axis({
      type: log ? 'log' : 'value',
      name: rows[0]!.values.length > 1 ? `Objective ${objective}` : 'Objective value',
      nameGap: 48,
      scale: true,
      min: bounds?.[0],
      max: bounds?.[1],
      axisLabel: {color: colours.muted, fontSize: 11, formatter: (v: number) => number(v, 4)},
    }),
    series,
  };
}

// The confirmed best with its interval, and the target.
function marks({leader, target, objective}: HistoryInput): Option {
  const colours = palette.value;
  const lines: Option[] = [];
  if (target !== null && objective === 0) {
    lines.push({
      yAxis: target,
      name: 'target',
      lineStyle: {color: colours.ink, type: 'dashed', width: 1},
      label: {formatter: `target ${number(target)}`, position: 'insideStartTop', color: colours.ink},
    });
  }
  if (leader?.confirmed && leader.mean !== null && objective === 0) {
    lines.push({
      yAxis: leader.mean,
      lineStyle: {color: colours.best, type: 'dotted', width: 1.5},
      label: {formatter: `confirmed best ${number(leader.mean)}`, position: 'insideEndBottom', color: colours.best},
    });
  }
  return {
    markLine: {symbol: 'none', silent: true, data: lines},
    ...(leader?.interval && objective === 0
      ? {markArea: {silent: true, itemStyle: {color: colours.band}, data: [[{yAxis: leader.interval[0]}, {yAxis: leader.interval[1]}]]}}
      : {}),
  };
}

export function historySummary({rows, total, direction, objective}: HistoryInput): string {
  const best = bestSoFar(rows, direction, objective).at(-1);
  const shown = rows.length < total ? `${rows.length.toLocaleString('en')} of ${total.toLocaleString('en')} trials drawn` : `${total.toLocaleString('en')} trials`;
  return best ? `${shown}; best ${number(best[1])} at trial ${best[0]} (${direction}).` : `${shown}; no result yet.`;
}
