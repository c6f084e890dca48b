// When what ran, and what it cost.
import {useEffect, useMemo, useState} from 'preact/hooks';
import {costOption} from '../charts/results';
import {timelineOption} from '../charts/timeline';
import {number} from '../format';
import type {LiveStudy} from '../live';
import {Chart} from '../parts/chart';
import {spansOf} from '../spans';
import {palette} from '../theme';
import {showTrialOf} from './overview';

const kTickMs = 5000;

export function TimelineView({study}: {study: LiveStudy}) {
  const rows = study.rows.value;
  const events = study.events.value;
  const running = rows.some(row => row.state === 'running');
  const [now, setNow] = useState(Date.now() / 1000);
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setNow(Date.now() / 1000), kTickMs);
    return () => clearInterval(timer);
  }, [running]);
  const spans = useMemo(() => spansOf(rows, events, Math.max(now, Date.now() / 1000)), [rows, events, now]);
  const option = useMemo(() => timelineOption(spans, study.workerNames.value), [spans, palette.value]);
  const cost = useMemo(() => costOption(rows, study.directions.value[0]!), [rows, palette.value]);
  const lanes = new Set(spans.map(span => span.worker)).size;
  return (
    <div class="grid">
      <div class="span-2">
        <Chart
          title="Timeline"
          summary={`${spans.length.toLocaleString('en')} runs of ${lanes} worker${lanes === 1 ? '' : 's'}${rows.length < study.total.value ? ', a part of all' : ''}.`}
          option={option}
          empty="Nothing has run yet."
          height={Math.min(640, 100 + 40 * lanes)}
          points={spans.length}
          onClick={showTrialOf}
        />
      </div>
      <div class="span-2">
        <Chart
          title="Cost"
          summary={rows.length ? `${number(rows.at(-1)!.cost, 4)} USD told so far.` : ''}
          option={cost}
          empty="No trial has told what it cost."
          height={300}
          points={rows.length}
        />
      </div>
    </div>
  );
}
