// What each worker ran when.
import type {Row} from './data';
import type {StudyEvent} from './types';

export interface Span {
  worker: string;
  from: number; // seconds since 1970
  to: number;
  kind: 'complete' | 'pruned' | 'failed' | 'running' | 'parked' | 'lost';
  row: Row | null;
  words: string;
}

const kEnds = new Set(['told', 'lease_lost', 'released']);

// Runs from the trials, and from the events what a trial does not keep: parked stretches and attempts that were lost.
export function spansOf(rows: Row[], events: StudyEvent[], now: number): Span[] {
  const spans: Span[] = [];
  for (const row of rows) {
    if (row.started === null || row.state === 'waiting') continue;
    const kind = row.state === 'running' ? 'running' : row.state === 'pruned' ? 'pruned' : row.state === 'complete' ? 'complete' : 'failed';
    spans.push({worker: row.worker || '–', from: row.started, to: row.completed ?? now, kind, row, words: ''});
  }
  const byNumber = new Map(rows.map(row => [row.number, row]));
  const asked = new Map<unknown, StudyEvent>();
  const parked = new Map<unknown, StudyEvent>();
  const seconds = (event: StudyEvent): number => new Date(event.time).getTime() / 1000;
  for (const event of events.slice().sort((a, b) => a.sequence - b.sequence)) {
    const key = event.body.number;
    const worker = String(event.body.worker ?? event.author);
    const row = byNumber.get(key as number) ?? null;
    if (event.kind === 'asked') asked.set(key, event);
    if (event.kind === 'parked') parked.set(key, event);
    if (event.kind === 'unparked' || kEnds.has(event.kind)) {
      const begin = parked.get(key);
      if (begin) spans.push({worker, from: seconds(begin), to: seconds(event), kind: 'parked', row, words: String(begin.body.reason ?? '')});
      parked.delete(key);
    }
    const begin = asked.get(key);
    const lost = event.kind === 'lease_lost' || (event.kind === 'told' && event.body.requeued === true);
    if (lost && begin) {
      const words = event.kind === 'lease_lost' ? 'lease lost: it waits again' : `sent back: ${String(event.body.cause ?? event.body.reason ?? '')}`;
      spans.push({worker, from: seconds(begin), to: seconds(event), kind: 'lost', row, words});
    }
    if (kEnds.has(event.kind)) asked.delete(key);
  }
  for (const [key, begin] of parked) {
    spans.push({worker: String(begin.body.worker ?? begin.author), from: seconds(begin), to: now, kind: 'parked', row: byNumber.get(key as number) ?? null, words: String(begin.body.reason ?? '')});
  }
  return spans;
}
