// A chart with its title, what it says in words, and the drawing.
import {BarChart, CustomChart, LineChart, ParallelChart, ScatterChart} from 'echarts/charts';
import {
  AriaComponent,
  BrushComponent,
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  ParallelComponent,
  ToolboxComponent,
  TooltipComponent,
  VisualMapComponent,
} from 'echarts/components';
import * as echarts from 'echarts/core';
import {CanvasRenderer} from 'echarts/renderers';
import type {ComponentChildren} from 'preact';
import {useEffect, useId, useRef} from 'preact/hooks';
import {palette} from '../theme';

echarts.use([
  AriaComponent,
  BarChart,
  BrushComponent,
  CanvasRenderer,
  CustomChart,
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  LineChart,
  MarkAreaComponent,
  MarkLineComponent,
  ParallelChart,
  ParallelComponent,
  ScatterChart,
  ToolboxComponent,
  TooltipComponent,
  VisualMapComponent,
]);

export type Option = Record<string, unknown>;

interface Props {
  title: string;
  summary: string; // the chart in words: for screen readers, and shown below the title
  option: Option | null; // null: nothing to draw
  empty?: string; // said then
  height?: number;
  minWidth?: number; // narrower, it scrolls
  points?: number; // drawn, for tests and readers
  controls?: ComponentChildren;
  onClick?: (data: unknown) => void;
  onAxisSelected?: (chart: echarts.ECharts) => void;
}

export function Chart({title, summary, option, empty, height = 300, minWidth, points, controls, onClick, onAxisSelected}: Props) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<echarts.ECharts | null>(null);
  const click = useRef(onClick);
  click.current = onClick;
  const selected = useRef(onAxisSelected);
  selected.current = onAxisSelected;
  const label = useId();
  const there = option !== null;

  useEffect(() => {
    if (!box.current || !there) return;
    const made = echarts.init(box.current, null, {renderer: 'canvas'});
    chart.current = made;
    made.on('click', event => click.current?.(event.data ?? event));
    made.on('axisareaselected', () => selected.current?.(made));
    made.on('finished', () => box.current?.setAttribute('data-drawn', String(Math.round(performance.now()))));
    const watch = new ResizeObserver(() => made.resize());
    watch.observe(box.current);
    return () => {
      watch.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, [there]);

  useEffect(() => {
    if (option && chart.current) chart.current.setOption(base(option), {replaceMerge: ['series', 'xAxis', 'yAxis', 'visualMap', 'grid']});
  }, [option, palette.value]);

  return (
    <figure class="card chart" aria-labelledby={label}>
      <div class="card-head">
        <figcaption>
          <h3 id={label}>{title}</h3>
          <p class="summary">{option ? summary : (empty ?? 'Nothing to show yet.')}</p>
        </figcaption>
        {controls && <div class="controls">{controls}</div>}
      </div>
      {there && (
        <div class="scroll">
          <div
            class="plot"
            ref={box}
            role="img"
            aria-label={`${title}. ${summary}`}
            data-points={points}
            style={{height: `${height}px`, minWidth: minWidth ? `${minWidth}px` : undefined}}
          />
        </div>
      )}
    </figure>
  );
}

// What all charts have in common.
function base(option: Option): Option {
  const colours = palette.value;
  return {
    animation: false,
    progressive: 0, // a few thousand points are drawn at once sooner than in pieces
    textStyle: {fontFamily: 'inherit', color: colours.ink},
    tooltip: {
      trigger: 'item',
      confine: true,
      className: 'tip',
      backgroundColor: colours.surface,
      borderColor: colours.line,
      textStyle: {color: colours.ink, fontSize: 12},
      ...(option.tooltip as object | undefined),
    },
    ...Object.fromEntries(Object.entries(option).filter(([name]) => name !== 'tooltip')),
  };
}

export function axis(more: Option): Option {
  const colours = palette.value;
  return {
    nameLocation: 'middle',
    nameGap: 28,
    nameTextStyle: {color: colours.muted, fontSize: 12},
    axisLabel: {color: colours.muted, fontSize: 11, hideOverlap: true},
    axisLine: {onZero: false, lineStyle: {color: colours.line}},
    axisTick: {lineStyle: {color: colours.line}},
    splitLine: {lineStyle: {color: colours.line}},
    ...more,
  };
}

export const zoom = (): Option[] => [
  {type: 'inside', xAxisIndex: 0, filterMode: 'none', zoomOnMouseWheel: 'ctrl', moveOnMouseWheel: false},
];

export const tools = (): Option => ({
  show: innerWidth > 700,
  right: 4,
  top: 0,
  itemSize: 13,
  iconStyle: {borderColor: palette.value.muted},
  feature: {dataZoom: {filterMode: 'none', title: {zoom: 'Zoom into a box', back: 'Zoom back'}, brushStyle: {color: palette.value.band}}, restore: {title: 'Whole chart'}, saveAsImage: {title: 'Save as PNG'}},
});

// The content of a tooltip, as nodes: nothing that anybody wrote becomes HTML.
export function tip(head: string, pairs: [string, string][]): HTMLElement {
  const box = document.createElement('div');
  const title = document.createElement('strong');
  title.textContent = head;
  const list = document.createElement('dl');
  for (const [name, text] of pairs) {
    const key = document.createElement('dt');
    key.textContent = name;
    const of = document.createElement('dd');
    of.textContent = text;
    list.append(key, of);
  }
  box.append(title, list);
  return box;
}
