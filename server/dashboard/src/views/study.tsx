// One study: its head, and the view of it that the address names.
import {useEffect, useMemo, useState} from 'preact/hooks';
import {inStudy, post, request} from '../api';
import {number, plural} from '../format';
import {LiveStudy} from '../live';
import {Action, Budget, Dialog, Problems, State} from '../parts/ui';
import {go, href, place} from '../router';
import type {StudyInfo} from '../types';
import {Drawer} from './drawer';
import {Log} from './log';
import {Overview} from './overview';
import {Plots} from './plots';
import {Questions} from './questions';
import {Queue} from './queue';
import {StudyFileView} from './study_file';
import {TimelineView} from './timeline';
import {TrialTable} from './trials';

const kViews: [string, string, (props: {study: LiveStudy}) => preact.JSX.Element][] = [
  ['', 'Overview', Overview],
  ['plots', 'Plots', Plots],
  ['trials', 'Trials', TrialTable],
  ['timeline', 'Timeline', TimelineView],
  ['queue', 'Queue', Queue],
  ['questions', 'Questions', Questions],
  ['log', 'Insights and log', Log],
  ['file', 'Study file', StudyFileView],
];

export function StudyView({name}: {name: string}) {
  const study = useMemo(() => new LiveStudy(name), [name]);
  useEffect(() => () => study.close(), [study]);
  const {view, trial} = place.value;
  const info = study.info.value;
  const ready = info !== null;
  useEffect(() => {
    document.querySelector('.tabs [aria-current]')?.scrollIntoView({block: 'nearest', inline: 'nearest'});
  }, [view, ready]);
  if (study.fault.value) return <Problems error={study.fault.value} />;
  if (!info) {
    return (
      <p class="muted" role="status">
        Reading {name}…
      </p>
    );
  }
  const [, , View] = kViews.find(([key]) => key === view) ?? kViews[0]!;
  return (
    <div class="view">
      <Head study={study} info={info} />
      <nav class="tabs" aria-label="Views">
        {kViews.map(([key, title]) => (
          <a key={key} href={href({study: name, view: key})} aria-current={key === view ? 'page' : undefined}>
            {title}
            {key === 'questions' && info.open_questions ? <span class="count">{info.open_questions}</span> : null}
          </a>
        ))}
      </nav>
      <View study={study} />
      {trial !== null && <Drawer key={trial} study={study} number={trial} />}
    </div>
  );
}

function Head({study, info}: {study: LiveStudy; info: StudyInfo}) {
  const [asking, setAsking] = useState(false);
  const {counts} = info;
  const leader = study.best.value[0];
  const path = inStudy(info.name);
  return (
    <section class="study-head" aria-label="Study">
      <div class="study-title">
        <h1>{info.name}</h1>
        <State of={info.state} />
        <span class={study.connected.value ? 'live on' : 'live'} role="status">
          {study.connected.value ? 'live' : 'connecting…'}
        </span>
        {info.open_questions ? (
          <a class="badge" href={href({study: info.name, view: 'questions'})} role="status">
            {plural(info.open_questions, 'question')}
          </a>
        ) : null}
        {info.finished_because && <span class="note">{info.finished_because}</span>}
        <span class="grow" />
        <span class="actions">
          {info.state === 'stopped' ? (
            <Action label="Resume" run={() => post(`${path}/resume`)} />
          ) : (
            <Action label="Stop" disabled={info.state !== 'running'} run={() => post(`${path}/stop`, {reason: 'stopped on the page'})} />
          )}
          <a class="button" href={`/api/v1${path}/export?format=csv`} download={`${info.name}.csv`} onClick={event => void download(event, `${path}/export?format=csv`, `${info.name}.csv`)}>
            CSV
          </a>
          <button type="button" class="danger" onClick={() => setAsking(true)}>
            Delete…
          </button>
        </span>
      </div>
      <div class="tiles">
        <div class="tile">
          <span class="tile-name">{info.front_size === undefined ? (leader?.confirmed && leader.mean !== null ? 'Confirmed best' : 'Best') : 'Pareto front'}</span>
          <strong>{info.front_size === undefined ? number(leader?.mean ?? info.best_value ?? leader?.value) : plural(info.front_size, 'trial')}</strong>
          <span class="note">
            {info.front_size === undefined && leader ? (
              <>
                <a href={href({...place.value, trial: leader.number})}>trial {leader.number}</a>
                {leader.interval && ` · 95 %: ${number(leader.interval[0], 4)} to ${number(leader.interval[1], 4)}`}
              </>
            ) : (
              ''
            )}
            {leader?.mean != null && ` · best run ${number(leader.value)}`}
            {info.spec.target != null && ` · target ${number(info.spec.target)}`}
          </span>
        </div>
        <div class="tile">
          <span class="tile-name">Trials</span>
          <strong data-testid="trials">{((counts.complete ?? 0) + (counts.pruned ?? 0)).toLocaleString('en')}</strong>
          <span class="note">
            {[
              counts.running && `${counts.running} running`,
              counts.waiting && `${counts.waiting.toLocaleString('en')} waiting`,
              counts.pruned && `${counts.pruned.toLocaleString('en')} pruned`,
              counts.failed && `${counts.failed.toLocaleString('en')} failed`,
            ]
              .filter(Boolean)
              .join(' · ')}
          </span>
        </div>
        <div class="tile wide">
          <span class="tile-name">Budget</span>
          <div class="budgets">
            {info.budget
              .filter(use => !use.worker && (use.limit !== 'failures' || use.used > 0))
              .map(use => (
                <Budget key={use.limit} use={use} />
              ))}
            {info.budget.length === 0 && <span class="note">no limits</span>}
          </div>
        </div>
      </div>
      {asking && <DeleteDialog info={info} onClose={() => setAsking(false)} />}
    </section>
  );
}

// With a token a plain link would be refused.
async function download(event: MouseEvent, path: string, name: string): Promise<void> {
  event.preventDefault();
  const url = URL.createObjectURL(await (await request('GET', path)).blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

function DeleteDialog({info, onClose}: {info: StudyInfo; onClose: () => void}) {
  const [typed, setTyped] = useState('');
  const trials = Object.values(info.counts).reduce((a, b) => a + b, 0);
  return (
    <Dialog title={`Delete ${info.name}?`} onClose={onClose}>
      <p>
        All of its {plural(trials, 'trial')}, events and files are gone for good. Type <strong>{info.name}</strong> to delete it.
      </p>
      <label>
        <span>Name of the study</span>
        <input value={typed} autocomplete="off" onInput={event => setTyped(event.currentTarget.value)} />
      </label>
      <footer>
        <button type="button" onClick={onClose}>
          Keep it
        </button>
        <Action
          danger
          label="Delete"
          disabled={typed !== info.name}
          run={async () => {
            await request('DELETE', inStudy(info.name));
            onClose();
            go({});
          }}
        />
      </footer>
    </Dialog>
  );
}
