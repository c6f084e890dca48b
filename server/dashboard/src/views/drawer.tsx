// One trial beside whatever is shown: all that is known of it, and what can be done with it.
import {useEffect, useRef, useState} from 'preact/hooks';
import {ApiError, get, inStudy, patch, post} from '../api';
import {clock, duration, number, value} from '../format';
import type {LiveStudy} from '../live';
import {Action, Problems, State} from '../parts/ui';
import {go, href, place} from '../router';
import type {Trial} from '../types';
import {Files} from './files';
import {OneQuestion, useQuestions} from './questions';

interface Explanation {
  about: string;
  sampler: string;
  sampler_version: number;
  results: number;
  running: number;
  pin: number;
  why: string;
  doubt: string;
  values: {name: string; value: unknown; source?: string}[];
  terms: {name: string; value: number}[];
}

const close = (): void => go({...place.value, trial: null});

export function Drawer({study, number: trialNumber}: {study: LiveStudy; number: number}) {
  const path = `${inStudy(study.name)}/trials/${trialNumber}`;
  const [trial, setTrial] = useState<Trial | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const box = useRef<HTMLElement>(null);
  const row = study.rows.value.find(one => one.number === trialNumber);

  useEffect(() => {
    let stop = false;
    get<Trial>(path).then(
      found => !stop && setTrial(found),
      cause => !stop && setError(cause as ApiError),
    );
    return () => {
      stop = true;
    };
  }, [path, row]);

  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    box.current?.focus();
    const escape = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && !document.querySelector('dialog[open]')) close();
    };
    document.addEventListener('keydown', escape);
    return () => {
      document.removeEventListener('keydown', escape);
      before?.focus?.();
    };
  }, []);

  return (
    <aside ref={box} class="drawer" role="dialog" aria-label={`Trial ${trialNumber}`} tabIndex={-1}>
      <header>
        <h2>Trial {trialNumber}</h2>
        {trial && <State of={trial.state} />}
        <span class="grow" />
        {trialNumber > 0 && (
          <a class="button" aria-label="Trial before" href={href({...place.value, trial: trialNumber - 1})}>
            ‹
          </a>
        )}
        {trialNumber + 1 < study.total.value && (
          <a class="button" aria-label="Next trial" href={href({...place.value, trial: trialNumber + 1})}>
            ›
          </a>
        )}
        <button type="button" class="plain" aria-label="Close" onClick={close}>
          ✕
        </button>
      </header>
      <Problems error={error} />
      {trial && <Content study={study} trial={trial} path={path} />}
    </aside>
  );
}

function Content({study, trial, path}: {study: LiveStudy; trial: Trial; path: string}) {
  const values = trial.values ?? (trial.value === undefined ? [] : [trial.value]);
  const started = trial.started ? new Date(trial.started).getTime() : null;
  const completed = trial.completed ? new Date(trial.completed).getTime() : null;
  const facts: [string, string | undefined | null | false][] = [
    ...values.map((one, k): [string, string] => [values.length > 1 ? `Objective ${k}` : 'Value', number(one, 8)]),
    ['Feasible', trial.state === 'complete' && !trial.feasible && 'no'],
    ['Reason', trial.reason],
    ['Worker', trial.worker],
    ['Stage', study.stages.value[trial.number] ?? trial.stage],
    ['Purpose', trial.purpose],
    ['Proposed by', trial.author],
    ['Topic', trial.topic],
    ['Attempt', trial.attempt ? String(trial.attempt) : null],
    ['Sampler', trial.sampler],
    ['Started', started !== null && clock(started)],
    ['Ended', completed !== null && clock(completed)],
    ['Took', started !== null && completed !== null && duration((completed - started) / 1000)],
    ['Lease ends', trial.lease_expires && clock(trial.lease_expires)],
    ['Parked until', trial.parked_until && clock(trial.parked_until)],
    ['Priority', trial.priority ? number(trial.priority) : null],
    ['Tags', trial.tags?.join(', ')],
    ['Waits for trials', trial.after?.join(', ')],
    ['Waits for tasks', trial.after_tasks?.join(', ')],
    ['Used', Object.entries(trial.usage ?? {}).map(([name, of]) => `${name.replace('cost_usd', 'USD')} ${number(of)}`).join(', ')],
    ['Earlier attempts', trial.earlier?.map(one => one.worker || 'unnamed').join(', ')],
  ];
  return (
    <>
      {trial.title && <p class="lead">{trial.title}</p>}
      {trial.description && <p>{trial.description}</p>}
      <dl class="facts">
        {facts
          .filter(([, text]) => text)
          .map(([name, text]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{text}</dd>
            </div>
          ))}
      </dl>
      <AskedOf study={study} trial={trial} />
      {trial.note && (
        <>
          <h3>Note</h3>
          <pre class="text">{trial.note}</pre>
        </>
      )}
      <h3>Parameters</h3>
      <Pairs of={trial.params} />
      {Object.keys(trial.metrics).length > 0 && (
        <>
          <h3>Metrics</h3>
          <Pairs of={trial.metrics} />
        </>
      )}
      <Explain path={path} />
      <Files path={path} waiting={trial.state === 'waiting'} />
      {trial.evidence != null && (
        <>
          <h3>Evidence</h3>
          <Evidence of={trial.evidence} />
        </>
      )}
      <Actions study={study} trial={trial} path={path} />
    </>
  );
}

function Pairs({of}: {of: Record<string, unknown>}) {
  return (
    <table class="pairs">
      <tbody>
        {Object.entries(of).map(([name, one]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td class="number">{typeof one === 'number' ? String(one) : value(one)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

// How the score was measured: short values in a table, long texts (a diff) on their own.
function Evidence({of}: {of: unknown}) {
  if (typeof of !== 'object' || of === null || Array.isArray(of)) return <pre class="text">{JSON.stringify(of, null, 2)}</pre>;
  const entries = Object.entries(of);
  const isLong = (one: unknown): one is string => typeof one === 'string' && (one.length > 90 || one.includes('\n'));
  return (
    <>
      <Pairs of={Object.fromEntries(entries.filter(([, one]) => !isLong(one)))} />
      {entries
        .filter(([, one]) => isLong(one))
        .map(([name, one]) => (
          <details key={name} open={name === 'diff'}>
            <summary>{name}</summary>
            <pre class="text">{one as string}</pre>
          </details>
        ))}
    </>
  );
}

function Explain({path}: {path: string}) {
  const [of, setOf] = useState<Explanation | null>(null);
  if (!of) {
    return (
      <p>
        <Action label="Why this configuration?" run={async () => setOf(await get<Explanation>(`${path}/explain`))} />
      </p>
    );
  }
  return (
    <section aria-label="Explanation">
      <h3>Why</h3>
      {of.about && <p>{of.about}</p>}
      {of.why && <p>{of.why}</p>}
      {of.doubt && <p class="bad">{of.doubt}</p>}
      {of.sampler && (
        <p class="note">
          {of.sampler} (version {of.sampler_version}), from {of.results} results and {of.running} running trials
          {of.pin >= 0 && `; the rest held at trial ${of.pin}`}.
        </p>
      )}
      <table class="pairs">
        <tbody>
          {of.terms.map(term => (
            <tr key={term.name}>
              <th scope="row">{term.name}</th>
              <td class="number">{number(term.value)}</td>
            </tr>
          ))}
          {of.values
            .filter(one => one.source)
            .map(one => (
              <tr key={`value ${one.name}`}>
                <th scope="row">{one.name}</th>
                <td>{one.source}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </section>
  );
}

function AskedOf({study, trial}: {study: LiveStudy; trial: Trial}) {
  const questions = useQuestions(study)?.filter(one => one.trial === trial.number);
  if (!questions?.length) return null;
  return (
    <section aria-label="Questions">
      <h3>{questions.length > 1 ? 'Questions' : 'Question'}</h3>
      {questions.map(one => (
        <OneQuestion key={one.id} study={study} question={one} />
      ))}
    </section>
  );
}

function Actions({study, trial, path}: {study: LiveStudy; trial: Trial; path: string}) {
  const [said, setSaid] = useState('');
  const ended = trial.state !== 'running' && trial.state !== 'waiting';
  const again = async (): Promise<void> => {
    const answer = await post<{numbers: number[]}>(`${inStudy(study.name)}/enqueue`, {params: trial.params, again: true});
    setSaid(`Enqueued as trial ${answer.numbers.join(', ')}.`);
  };
  return (
    <section class="drawer-actions" aria-label="Actions">
      <h3>Actions</h3>
      {said && <p role="status">{said}</p>}
      {ended && (
        <p>
          <Action label={trial.state === 'failed' ? 'Retry' : 'Run again'} run={again} />
        </p>
      )}
      {trial.state === 'waiting' && (
        <p class="actions">
          {trial.hold === true && <Action label="Approve" run={() => patch(`${path}/queue`, {hold: false})} />}
          <a class="button" href={href({study: study.name, view: 'queue'})}>
            In the queue
          </a>
        </p>
      )}
      {trial.state === 'running' && (
        <WithReason label="Requeue" words="Reason to take it from its worker" hint="the machine is gone" run={reason => post(`${path}/requeue`, {reason})} />
      )}
      {trial.reason !== 'voided' && (
        <WithReason danger label="Void" words="Reason to void it" hint="the machine was overloaded" run={reason => post(`${path}/void`, {reason})} />
      )}
    </section>
  );
}

interface WithReasonProps {
  label: string;
  words: string;
  hint: string;
  danger?: boolean;
  run: (reason: string) => Promise<unknown>;
}

function WithReason({label, words, hint, danger, run}: WithReasonProps) {
  const [reason, setReason] = useState('');
  return (
    <div class="inline-form">
      <label>
        <span>{words}</span>
        <input value={reason} placeholder={hint} onInput={event => setReason(event.currentTarget.value)} />
      </label>
      <Action danger={danger} label={label} disabled={!reason.trim()} run={() => run(reason.trim())} />
    </div>
  );
}
