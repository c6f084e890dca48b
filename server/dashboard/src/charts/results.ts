// Charts of the results themselves: distribution, Pareto front, intermediate values, cost.
import {bestSoFar, edf, paretoFront, type Row} from '../data';
import {number} from '../format';
import {axis, tip, tools, zoom, type Option} from '../parts/chart';
import {palette, workerColour} from '../theme';
import type {Columns, Direction, Importance} from '../types';
import {pointTooltip, robustRange, type Point} from './common';
import {rampColour} from './params';

const numbers = (digits = 4): Option => ({color: palette.value.muted, fontSize: 11, formatter: (v: number) => number(v, digits)});

export function edfOption(quantiles: number[][]): Option | null {
  if (!quantiles.some(of => of.length)) return null;
  const colours = palette.value;
  const range = quantiles.length === 1 ? robustRange(quantiles[0]!) : null;
  return {
    grid: {left: 58, right: 18, top: 14, bottom: 46},
    tooltip: {trigger: 'axis', formatter: (of: {value: [number, number]}[]) => tip(`${number(of[0]!.value[0])}`, [['at or below', `${(100 * of[0]!.value[1]).toFixed(1)} %`]])},
    dataZoom: zoom(),
    xAxis: axis({type: 'value', name: 'Objective value', scale: true, min: range?.[0], max: range?.[1], splitLine: {show: false}, axisLabel: numbers()}),
    yAxis: axis({type: 'value', name: 'Cumulative share of trials', nameGap: 42, min: 0, max: 1}),
    series: quantiles.map((of, k) => ({
      name: `Objective ${k}`,
      type: 'line',
      step: 'end',
      symbol: 'none',
      data: edf(of),
      lineStyle: {width: 2, color: colours.workers[k % colours.workers.length]},
      itemStyle: {color: colours.workers[k % colours.workers.length]},
    })),
  };
}

export function importanceOption(of: Importance): Option | null {
  if (!of.importance.length || of.trials === 0) return null;
  const colours = palette.value;
  const rows = of.importance.slice().reverse();
  return {
    grid: {left: 8, right: 52, top: 4, bottom: 4, containLabel: true},
    tooltip: {formatter: (at: {dataIndex: number}) => tip(rows[at.dataIndex]!.name, [['importance', number(rows[at.dataIndex]!.importance, 3)], ['trials', String(rows[at.dataIndex]!.trials)]])},
    xAxis: axis({type: 'value', min: 0, show: false}),
    yAxis: axis({type: 'category', data: rows.map(row => row.name), axisTick: {show: false}, axisLabel: {color: colours.ink, fontSize: 12, width: 130, overflow: 'truncate'}}),
    series: [
      {
        type: 'bar',
        data: rows.map(row => row.importance),
        barMaxWidth: 18,
        itemStyle: {color: of.informative ? colours.workers[0] : colours.infeasible, borderRadius: [0, 3, 3, 0]},
        label: {show: true, position: 'right', color: colours.muted, formatter: (at: {value: number}) => at.value.toFixed(2)},
      },
    ],
  };
}

export function paretoOption(rows: Row[], directions: Direction[], x: number, y: number): Option | null {
  const done = rows.filter(row => row.state === 'complete' && row.values[x] != null && row.values[y] != null);
  if (!done.length) return null;
  const colours = palette.value;
  const front = new Set(paretoFront(rows, directions).map(row => row.number));
  const point = (row: Row): Point => ({value: [row.values[x]!, row.values[y]!], row});
  const of = (name: string, wanted: (row: Row) => boolean, colour: string, more: Option): Option => ({
    name,
    type: 'scatter',
    data: done.filter(wanted).map(point),
    itemStyle: {color: colour, opacity: 0.8},
    ...more,
  });
  const dense = done.length > 1200;
  return {
    grid: {left: 64, right: 18, top: 34, bottom: 46},
    legend: {left: 0, top: 0, itemWidth: 12, itemHeight: 10, textStyle: {color: colours.muted, fontSize: 12}},
    toolbox: tools(),
    tooltip: pointTooltip,
    xAxis: axis({type: 'value', scale: true, name: `Objective ${x} (${directions[x]})`, splitLine: {show: false}, axisLabel: numbers()}),
    yAxis: axis({type: 'value', scale: true, name: `Objective ${y} (${directions[y]})`, nameGap: 48, axisLabel: numbers()}),
    series: [
      of('dominated', row => row.feasible && !front.has(row.number), colours.workers[0]!, {symbolSize: dense ? 3.5 : 7, itemStyle: {color: colours.workers[0], opacity: dense ? 0.35 : 0.55}}),
      of('infeasible', row => !row.feasible, colours.infeasible, {symbol: 'triangle', symbolSize: 7}),
      of('Pareto front', row => front.has(row.number), colours.best, {symbolSize: 10, z: 5}),
    ],
  };
}

export function intermediateOption(steps: Columns['intermediate'], rows: Row[], workers: string[]): Option | null {
  const byNumber = new Map(rows.map(row => [row.number, row]));
  const lines = Object.entries(steps).filter(([, points]) => points.length);
  if (!lines.length) return null;
  const colours = palette.value;
  const all = lines.flatMap(([, points]) => points.map(([, value]) => value).filter((v): v is number => v !== null));
  const range = robustRange(all);
  return {
    grid: {left: 64, right: 18, top: 34, bottom: 46},
    toolbox: tools(),
    dataZoom: zoom(),
    tooltip: pointTooltip,
    xAxis: axis({type: 'value', name: 'Step', minInterval: 1, scale: true, splitLine: {show: false}}),
    yAxis: axis({type: 'value', name: 'Intermediate value', nameGap: 48, scale: true, min: range?.[0], max: range?.[1], axisLabel: numbers()}),
    series: lines.map(([name, points]) => {
      const row = byNumber.get(Number(name));
      const pruned = row?.state === 'pruned';
      const colour = pruned ? colours.infeasible : workerColour(row?.worker ?? '', workers);
      return {
        type: 'line',
        name: `Trial ${name}`,
        symbolSize: lines.length > 24 ? 0.1 : 4,
        triggerLineEvent: true,
        data: points.map(value => ({value, row})),
        lineStyle: {color: colour, width: row?.state === 'running' ? 2.5 : 1.2, opacity: pruned ? 0.6 : 0.85, type: pruned ? 'dashed' : 'solid'},
        itemStyle: {color: colour},
      };
    }),
  };
}

export function costOption(rows: Row[], direction: Direction): Option | null {
  const last = rows.at(-1);
  if (!last || !(last.cost > 0)) return null;
  const colours = palette.value;
  const at = new Map(rows.map(row => [row.number, row.cost]));
  const steps = bestSoFar(rows, direction).map(([trial, best]): [number, number] => [at.get(trial)!, best]);
  return {
    grid: {left: 58, right: 62, top: 30, bottom: 46},
    legend: {left: 0, top: 0, itemWidth: 14, itemHeight: 8, textStyle: {color: colours.muted, fontSize: 12}},
    tooltip: {trigger: 'axis', formatter: (of: {value: [number, number]; seriesName: string}[]) => tip(of[0]!.seriesName, of.map(one => [number(one.value[0]), number(one.value[1])]))},
    xAxis: [
      axis({type: 'value', name: 'Trial', minInterval: 1, splitLine: {show: false}}),
      axis({type: 'value', show: false, max: last.cost}),
    ],
    yAxis: [
      axis({type: 'value', name: 'Cost, USD', nameGap: 40}),
      axis({type: 'value', name: 'Best by cost', position: 'right', scale: true, nameGap: 44, splitLine: {show: false}, axisLabel: numbers()}),
    ],
    series: [
      {name: 'cost so far', type: 'line', step: 'end', symbol: 'none', data: rows.map(row => [row.number, row.cost]), areaStyle: {opacity: 0.12}, lineStyle: {color: colours.workers[0], width: 2}, itemStyle: {color: colours.workers[0]}},
      {name: 'best at that cost', type: 'line', step: 'end', symbol: 'none', xAxisIndex: 1, yAxisIndex: 1, data: steps.length ? [...steps, [last.cost, steps.at(-1)![1]]] : [], lineStyle: {color: colours.best, width: 2}, itemStyle: {color: colours.best}},
    ],
  };
}

export {rampColour};
