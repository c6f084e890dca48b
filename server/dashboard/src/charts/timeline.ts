// Timeline: what each worker ran when, and where it waited out a rate limit or lost its lease.
import {clock} from '../format';
import {axis, tip, tools, type Option} from '../parts/chart';
import type {Span} from '../spans';
import {palette} from '../theme';
import {trialTip} from './common';

export const spanColour = (kind: Span['kind']): string => {
  const colours = palette.value;
  const by = {complete: colours.workers[0]!, pruned: colours.workers[2]!, failed: colours.failed, running: colours.workers[1]!, parked: colours.workers[3]!, lost: colours.infeasible};
  return by[kind];
};

export function timelineOption(spans: Span[], workers: string[]): Option | null {
  if (!spans.length) return null;
  const colours = palette.value;
  const lanes = [...new Set([...workers, ...spans.map(span => span.worker)])].filter(worker => spans.some(span => span.worker === worker));
  const kinds = (['complete', 'pruned', 'failed', 'running', 'parked', 'lost'] as const).filter(kind => spans.some(span => span.kind === kind));
  return {
    grid: {left: 8, right: 18, top: 34, bottom: 30, containLabel: true},
    legend: {left: 0, top: 0, right: 90, itemWidth: 12, itemHeight: 10, textStyle: {color: colours.muted, fontSize: 12}},
    toolbox: tools(),
    dataZoom: [{type: 'inside', xAxisIndex: 0, filterMode: 'weakFilter', zoomOnMouseWheel: 'ctrl', moveOnMouseWheel: false}],
    tooltip: {
      formatter: (of: {data: {span: Span}}) => {
        const {span} = of.data;
        if (span.row && !span.words) return trialTip(span.row);
        return tip(span.row ? `Trial ${span.row.number}, ${span.kind}` : span.kind, [['worker', span.worker], ['from', clock(span.from * 1000)], ['to', clock(span.to * 1000)], ['why', span.words]]);
      },
    },
    xAxis: axis({type: 'time', splitLine: {show: true, lineStyle: {color: colours.line}}}),
    yAxis: axis({type: 'category', data: lanes, inverse: true, axisTick: {show: false}, axisLabel: {color: colours.ink, width: 120, overflow: 'truncate'}}),
    series: kinds.map(kind => ({
      name: kind,
      type: 'custom',
      itemStyle: {color: spanColour(kind)},
      encode: {x: [0, 1], y: 2},
      clip: true,
      renderItem: (_: unknown, api: {value(i: number): number; coord(at: number[]): number[]; size(of: number[]): number[]; style(): unknown}) => {
        const lane = api.value(2);
        const [x0, y] = api.coord([api.value(0), lane]) as [number, number];
        const [x1] = api.coord([api.value(1), lane]) as [number, number];
        const height = Math.min(26, api.size([0, 1])[1]! * 0.62);
        const thin = kind === 'parked' || kind === 'lost';
        const width = Math.max(1.5, x1 - x0 - (x1 - x0 > 4 ? 1 : 0));
        return {
          type: 'rect',
          shape: {x: x0, y: y - height / 2 + (thin ? height * 0.7 : 0), width, height: thin ? height * 0.3 : height, r: width > 6 ? 2 : 0},
          style: {fill: spanColour(kind)},
        };
      },
      z: kind === 'parked' || kind === 'lost' ? 4 : 2,
      data: spans.filter(span => span.kind === kind).map(span => ({value: [span.from * 1000, span.to * 1000, lanes.indexOf(span.worker)], span, row: span.row})),
    })),
  };
}
