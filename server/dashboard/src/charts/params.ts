// Charts of results against parameters: slice, rank, contour, parallel coordinates.
import {interpolate, isResult, rankOf, scaleOf, type Row, type Scale} from '../data';
import {number} from '../format';
import {axis, type Option} from '../parts/chart';
import {palette} from '../theme';
import type {Direction, ParamSpec} from '../types';
import {pointTooltip, robustRange, type Point} from './common';

export interface ParamInput {
  rows: Row[];
  params: Record<string, ParamSpec>;
  direction: Direction;
  objective: number;
  quantiles: number[];
}

export const results = (input: ParamInput): Row[] =>
  input.rows.filter(row => isResult(row, input.objective) && row.feasible && !row.outside);

// 0 for the best result, 1 for the worst.
function badness(row: Row, input: ParamInput): number {
  const rank = rankOf(row.values[input.objective]!, input.quantiles);
  return input.direction === 'minimize' ? rank : 1 - rank;
}

function mix(from: string, to: string, share: number): string {
  const part = (text: string, at: number): number => Number.parseInt(text.slice(at, at + 2), 16);
  const one = (at: number): number => Math.round(part(from, at) + share * (part(to, at) - part(from, at)));
  return `rgb(${one(1)}, ${one(3)}, ${one(5)})`;
}

export function rampColour(badnessOf: number): string {
  const {ramp} = palette.value;
  const place = Math.min(1, Math.max(0, badnessOf)) * (ramp.length - 1);
  const at = Math.min(ramp.length - 2, Math.floor(place));
  return mix(ramp[at]!, ramp[at + 1]!, place - at);
}

export function scaleAxis(scale: Scale, more: Option = {}): Option {
  const pad = scale.kind === 'choice' ? 0 : 0.03 * (scale.high - scale.low || 1);
  return axis({
    type: 'value',
    name: scale.name,
    min: scale.low - pad,
    max: scale.high + pad,
    interval: scale.kind === 'choice' ? 1 : undefined,
    splitLine: {show: false},
    axisLabel: {
      color: palette.value.muted,
      fontSize: 11,
      hideOverlap: scale.kind !== 'choice',
      rotate: scale.kind === 'choice' && scale.high > 2.6 ? 18 : 0,
      showMinLabel: scale.kind === 'choice' ? undefined : false,
      showMaxLabel: scale.kind === 'choice' ? undefined : false,
      formatter: (position: number) => (scale.kind === 'choice' ? choiceLabel(scale, position) : scale.label(position)),
    },
    ...more,
  });
}

// Ticks of choices stand half a step beside them.
function choiceLabel(scale: Scale, position: number): string {
  return Number.isInteger(position) ? scale.label(position) : '';
}

// So that many points on one choice are seen beside each other; the same at every drawing.
function jitter(scale: Scale, trial: number): number {
  return scale.kind === 'choice' ? (((trial * 0.618034) % 1) - 0.5) * 0.5 : 0;
}

export function sliceOption(input: ParamInput, name: string): Option | null {
  const scale = scaleOf(name, input.params[name]!);
  const data: Point[] = [];
  for (const row of results(input)) {
    const at = scale.position(row.params[name]);
    if (at !== null) data.push({value: [at + jitter(scale, row.number), row.values[input.objective]!, row.number], row});
  }
  if (!data.length) return null;
  const range = robustRange(data.map(point => point.value[1] as number));
  const newest = data.at(-1)!.row.number;
  return {
    grid: {left: 58, right: 14, top: 12, bottom: scale.kind === 'choice' && scale.high > 2.6 ? 50 : 42},
    tooltip: pointTooltip,
    xAxis: choiceTicks(scale),
    yAxis: axis({type: 'value', scale: true, min: range?.[0], max: range?.[1], axisLabel: {color: palette.value.muted, fontSize: 11, formatter: (v: number) => number(v, 4)}}),
    series: [
      {
        type: 'scatter',
        data: data.map(point => ({
          ...point,
          itemStyle: {color: rampColour(1 - point.row.number / Math.max(1, newest)), opacity: 0.85, borderColor: palette.value.muted, borderWidth: data.length > 1200 ? 0 : 0.4},
        })),
        symbolSize: data.length > 1200 ? 4 : 7,
        clip: true,
      },
    ],
  };
}

function choiceTicks(scale: Scale): Option {
  if (scale.kind !== 'choice') return scaleAxis(scale);
  return scaleAxis(scale, {min: -1, max: Math.round(scale.high + 0.5), nameGap: scale.high > 2.6 ? 34 : 28, axisTick: {show: false}});
}

function pairOf(input: ParamInput, x: string, y: string): {sx: Scale; sy: Scale; of: {at: [number, number]; row: Row}[]} {
  const sx = scaleOf(x, input.params[x]!);
  const sy = scaleOf(y, input.params[y]!);
  const of: {at: [number, number]; row: Row}[] = [];
  for (const row of results(input)) {
    const u = sx.position(row.params[x]);
    const v = sy.position(row.params[y]);
    if (u !== null && v !== null) of.push({at: [u, v], row});
  }
  return {sx, sy, of};
}

export function rankOption(input: ParamInput, x: string, y: string): Option | null {
  const {sx, sy, of} = pairOf(input, x, y);
  if (!of.length) return null;
  return {
    grid: {left: 64, right: 14, top: 12, bottom: 46},
    tooltip: pointTooltip,
    xAxis: choiceTicks(sx),
    yAxis: {...choiceTicks(sy), nameGap: 46},
    series: [
      {
        type: 'scatter',
        symbolSize: of.length > 1200 ? 5 : 9,
        data: of.map(({at, row}) => ({
          value: [at[0] + jitter(sx, row.number), at[1] + jitter(sy, row.number * 7 + 3)],
          row,
          itemStyle: {color: rampColour(badness(row, input)), borderColor: palette.value.muted, borderWidth: of.length > 1200 ? 0 : 0.5},
        })),
      },
    ],
  };
}

const kSide = 110;
const kBands = 14;
// So many results tell the whole surface; every further one would only take time.
const kMostSites = 500;

export function contourOption(input: ParamInput, x: string, y: string): Option | null {
  const {sx, sy, of} = pairOf(input, x, y);
  if (of.length < 3) return null;
  const share = (scale: Scale, at: number): number => (at - scale.low) / (scale.high - scale.low || 1);
  const every = Math.ceil(of.length / kMostSites);
  const sites = of.filter((_, i) => i % every === 0);
  const grid = interpolate(sites.map(({at, row}) => ({x: share(sx, at[0]), y: share(sy, at[1]), z: badness(row, input)})), kSide);
  if (!grid) return null;
  const picture = contourPicture(grid);
  const pad = (scale: Scale): Option => ({min: scale.low, max: scale.high, interval: scale.kind === 'choice' ? 0.5 : undefined, axisTick: {show: scale.kind !== 'choice'}});
  return {
    grid: {left: 64, right: 14, top: 12, bottom: 46},
    tooltip: pointTooltip,
    xAxis: scaleAxis(sx, pad(sx)),
    yAxis: scaleAxis(sy, {...pad(sy), nameGap: 46}),
    series: [
      {
        type: 'custom',
        silent: true,
        data: [[sx.low, sy.low]],
        renderItem: (_: unknown, api: {coord(at: number[]): number[]}) => {
          const [left, bottom] = api.coord([sx.low, sy.low]) as [number, number];
          const [right, top] = api.coord([sx.high, sy.high]) as [number, number];
          return {type: 'image', style: {image: picture, x: left, y: top, width: right - left, height: bottom - top}};
        },
      },
      {
        type: 'scatter',
        symbolSize: of.length > 1200 ? 2.5 : 5,
        itemStyle: {color: palette.value.surface, borderColor: palette.value.ink, borderWidth: 0.8, opacity: of.length > 1200 ? 0.5 : 0.9},
        data: of.map(({at, row}) => ({value: at, row})),
      },
    ],
  };
}

function contourPicture(grid: number[]): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = kSide;
  const context = canvas.getContext('2d')!;
  const low = Math.min(...grid);
  const span = Math.max(...grid) - low || 1;
  for (let j = 0; j < kSide; ++j) {
    for (let i = 0; i < kSide; ++i) {
      const band = Math.min(kBands - 1, Math.floor(((grid[j * kSide + i]! - low) / span) * kBands));
      context.fillStyle = rampColour((band + 0.5) / kBands);
      context.fillRect(i, kSide - 1 - j, 1, 1);
    }
  }
  return canvas;
}

// So many lines are still told apart; the best are among them.
const kMostLines = 1500;

export function parallelOption(input: ParamInput): Option | null {
  let of = results(input);
  if (!of.length) return null;
  const names = Object.keys(input.params).filter(name => of.some(row => row.params[name] !== undefined));
  const scales = names.map(name => scaleOf(name, input.params[name]!));
  const byValue = of.slice().sort((a, b) => badness(b, input) - badness(a, input));
  of = byValue.length > kMostLines ? byValue.filter((_, i) => i >= byValue.length - kMostLines / 2 || i % Math.ceil(byValue.length / (kMostLines / 2)) === 0) : byValue;
  const colours = palette.value;
  const values = of.map(row => row.values[input.objective]!);
  const range = robustRange(values) ?? [Math.min(...values), Math.max(...values)];
  const best = values.at(-1)!;
  const nameTextStyle = {color: colours.ink, fontSize: 11, width: 96, overflow: 'truncate'};
  return {
    tooltip: {show: false},
    parallel: {left: 60, right: 70, top: 44, bottom: 22, axisExpandable: false},
    parallelAxis: [
      {
        dim: 0,
        name: 'Objective value',
        nameTextStyle,
        min: Math.min(range[0], best),
        max: Math.max(range[1], best),
        axisLabel: {color: colours.muted, fontSize: 10, formatter: (v: number) => number(v, 3)},
        axisLine: {lineStyle: {color: colours.muted}},
        splitNumber: 4,
      },
      ...scales.map((scale, i) => ({
        dim: i + 1,
        name: scale.name,
        nameTextStyle,
        min: scale.low,
        max: scale.high,
        interval: scale.kind === 'choice' ? 0.5 : undefined,
        splitNumber: 4,
        axisTick: {show: scale.kind !== 'choice'},
        axisLabel: {
          color: colours.muted,
          fontSize: 10,
          showMinLabel: true,
          formatter: (at: number) => (scale.kind === 'choice' ? choiceLabel(scale, at) : scale.label(at)),
        },
        axisLine: {lineStyle: {color: colours.muted}},
      })),
    ],
    series: [
      {
        type: 'parallel',
        progressive: 0,
        smooth: false,
        inactiveOpacity: 0.03,
        activeOpacity: 1,
        data: of.map(row => ({
          value: [row.values[input.objective]!, ...scales.map(scale => scale.position(row.params[scale.name]) ?? '-')],
          row,
          lineStyle: {color: rampColour(badness(row, input)), width: of.length > 300 ? 0.8 : 1.2, opacity: of.length > 300 ? 0.5 : 0.75},
        })),
      },
    ],
  };
}
