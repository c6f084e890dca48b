// The graph of what waits for which trials and tasks.
import {useEffect, useMemo, useRef, useState} from 'preact/hooks';
import type {LiveStudy} from '../live';
import {graphOf, kNodeHeight, layoutOf, pathOf} from '../queue';
import {href, place} from '../router';
import type {QueueItem, Task} from '../types';

export function Dependencies({study, items, tasks}: {study: LiveStudy; items: QueueItem[]; tasks: Task[]}) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(600);
  const rows = study.rows.value;
  const graph = useMemo(() => {
    const states = new Map(rows.map(row => [row.number, row.state]));
    return graphOf(items, tasks, trial => states.get(trial) ?? '');
  }, [items, tasks, rows]);
  const there = graph.nodes.length > 0;
  useEffect(() => {
    if (!box.current) return;
    const watch = new ResizeObserver(([one]) => one && setWidth(Math.floor(one.contentRect.width)));
    watch.observe(box.current);
    return () => watch.disconnect();
  }, [there]);
  if (!there) return null;
  const layout = layoutOf(graph, width - 4);
  return (
    <section class="card" aria-labelledby="dependencies">
      <div class="card-head">
        <div>
          <h3 id="dependencies">Dependencies</h3>
          <p class="summary">What waits, and the trials and tasks that it waits for.</p>
        </div>
      </div>
      <div class="graph" ref={box}>
        <svg width={layout.width + 4} height={layout.height + 4} viewBox={`-2 -2 ${layout.width + 4} ${layout.height + 4}`} role="list">
          <defs>
            <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
              <path d="M0 0L8 4L0 8z" />
            </marker>
          </defs>
          {graph.edges.map(edge => (
            <path key={edge.join()} class="edge" d={pathOf(layout, edge)} marker-end="url(#arrow)" aria-hidden="true" />
          ))}
          {graph.nodes.map(node => {
            const {x, y, width: wide} = layout.places.get(node.key)!;
            const first = graph.edges.filter(([, then]) => then === node.key).map(([before]) => before);
            const words = `${node.key}${node.title && `, ${node.title}`}, ${node.state || 'ended'}${first.length ? `, after ${first.join(' and ')}` : ''}`;
            const drawn = (
              <>
                <title>{words}</title>
                <rect width={wide} height={kNodeHeight} rx="8" />
                <text x="10" y="18" class="name">
                  {node.key}
                </text>
                <text x="10" y="35">{cut(node.title || node.state, wide)}</text>
                <circle cx={wide - 12} cy="14" r="4.5" />
              </>
            );
            return (
              <g key={node.key} class={`node node-${node.state}`} transform={`translate(${x} ${y})`} role="listitem" aria-label={words}>
                {node.kind === 'trial' ? <a href={href({...place.value, trial: node.number})}>{drawn}</a> : drawn}
              </g>
            );
          })}
        </svg>
      </div>
    </section>
  );
}

const cut = (text: string, width: number): string => {
  const room = Math.floor((width - 20) / 6.6);
  return text.length > room ? `${text.slice(0, room - 1)}…` : text;
};
