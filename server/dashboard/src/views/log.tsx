// Insights for the agents of later trials, and what happened in order.
import {useEffect, useState} from 'preact/hooks';
import {ApiError, get, inStudy, post} from '../api';
import {ago, clock, value} from '../format';
import type {LiveStudy} from '../live';
import {Action, Problems} from '../parts/ui';
import {href, place} from '../router';
import type {Insight, StudyEvent} from '../types';

export function Log({study}: {study: LiveStudy}) {
  return (
    <div class="grid even">
      <Insights study={study} />
      <Events study={study} />
    </div>
  );
}

function Insights({study}: {study: LiveStudy}) {
  const [insights, setInsights] = useState<Insight[]>([]);
  const [text, setText] = useState('');
  const [all, setAll] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const path = `${inStudy(study.name)}/insights`;
  const read = (): Promise<void> => get<{insights: Insight[]}>(`${path}${all ? '?all=1' : ''}`).then(answer => setInsights(answer.insights.reverse()));
  useEffect(() => void read(), [path, all, study.peopleChanged.value]);
  const add = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setError(null);
    try {
      await post(path, {text});
      setText('');
      await read();
    } catch (cause) {
      setError(cause as ApiError);
    }
  };
  return (
    <section class="card" aria-labelledby="insights">
      <div class="card-head">
        <div>
          <h3 id="insights">Insights</h3>
          <p class="summary">Shown to the agent of every later trial.</p>
        </div>
        <label class="check">
          <input type="checkbox" checked={all} onChange={event => setAll(event.currentTarget.checked)} /> retired too
        </label>
      </div>
      <form class="inline-form pad" onSubmit={event => void add(event)}>
        <label>
          <span>New insight</span>
          <input value={text} placeholder="grid starts waste evaluations" onInput={event => setText(event.currentTarget.value)} />
        </label>
        <button type="submit" class="primary" disabled={!text.trim()}>
          Add
        </button>
      </form>
      <Problems error={error} />
      <ul class="insights">
        {insights.map(insight => (
          <li key={insight.id} class={insight.retired ? 'dim' : ''}>
            <p>{insight.text}</p>
            <span class="note">
              {insight.author} · {ago(insight.created)}
              {insight.trial != null && (
                <>
                  {' · '}
                  <a href={href({...place.value, trial: insight.trial})}>trial {insight.trial}</a>
                </>
              )}
            </span>{' '}
            {!insight.retired && <Action label="Retire" run={() => post(`${path}/${insight.id}/retire`).then(read)} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

const kUninteresting = new Set(['number', 'params', 'task', 'file', 'slice', 'cpu', 'as_of', 'lease', 'pin', 'pin_version', 'sampler_version', 'evidence', 'usage', 'request_id']);

const short = (of: unknown): string =>
  Array.isArray(of)
    ? of.map(short).join(', ')
    : typeof of === 'object' && of !== null
      ? Object.entries(of)
          .map(([name, one]) => `${name} ${short(one)}`)
          .join(', ')
      : typeof of === 'string' && /^\d{4}-\d\d-\d\dT/.test(of)
        ? clock(of)
        : value(of);

function wordsOf(event: StudyEvent): string {
  return Object.entries(event.body)
    .filter(([name, of]) => !kUninteresting.has(name) && of !== null && of !== '' && !(typeof of === 'object' && Object.keys(of as object).length === 0))
    .map(([name, of]) => `${name} ${short(of)}`)
    .join(', ');
}

function Events({study}: {study: LiveStudy}) {
  const [kind, setKind] = useState('');
  const events = study.events.value;
  const kinds = [...new Set(events.map(event => event.kind))].sort();
  const shown = events.filter(event => !kind || event.kind === kind).slice(0, 200);
  return (
    <section class="card" aria-labelledby="events">
      <div class="card-head">
        <div>
          <h3 id="events">Event log</h3>
          <p class="summary">The newest {shown.length} events; <code>study events {study.name}</code> has them all.</p>
        </div>
        <label class="select">
          <span>Kind</span>
          <select value={kind} onChange={event => setKind(event.currentTarget.value)}>
            <option value="">all</option>
            {kinds.map(one => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
      </div>
      <ol class="events" reversed aria-live="off">
        {shown.map(event => (
          <li key={event.sequence}>
            <time dateTime={event.time} title={clock(event.time)}>
              {new Date(event.time).toLocaleTimeString('en-GB')}
            </time>
            <span class={`kind kind-${event.kind}`}>{event.kind.replaceAll('_', ' ')}</span>
            <span class="what">
              {typeof event.body.number === 'number' && <a href={href({...place.value, trial: event.body.number})}>trial {event.body.number}</a>}
              {event.body.task !== undefined && <>task {String(event.body.task)}</>} {wordsOf(event)}
            </span>
            <span class="note">{event.author}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
