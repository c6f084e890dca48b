// One trial beside whatever is shown: all that is known of it, and what can be done with it.
import {useEffect, useRef, useState} from 'preact/hooks';
import {ApiError, get, inStudy, post, request} from '../api';
import {bytes, clock, duration, number, value} from '../format';
import type {LiveStudy} from '../live';
import {Action, Problems, State} from '../parts/ui';
import {go, href, place} from '../router';
import type {Artifact, Trial} from '../types';

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
    ['Purpose', trial.purpose],
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
      <Files path={path} finished={trial.state !== 'waiting'} />
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

const kTailBytes = 20_000;

function Files({path, finished}: {path: string; finished: boolean}) {
  const [files, setFiles] = useState<Artifact[]>([]);
  const [open, setOpen] = useState<{name: string; text: string} | null>(null);
  useEffect(() => {
    if (finished) void get<{artifacts: Artifact[]}>(`${path}/artifacts`).then(({artifacts}) => setFiles(artifacts), () => setFiles([]));
  }, [path, finished]);
  if (!files.length) return null;
  const show = async (name: string): Promise<void> => {
    const text = await (await request('GET', `${path}/artifacts/${encodeURIComponent(name)}`)).text();
    setOpen({name, text: text.length > kTailBytes ? `…${text.slice(-kTailBytes)}` : text});
  };
  return (
    <section aria-label="Files">
      <h3>Files</h3>
      <ul class="files">
        {files.map(file => (
          <li key={file.name}>
            <button type="button" class="link" onClick={() => void show(file.name)}>
              {file.name}
            </button>{' '}
            <span class="note">{bytes(file.bytes)}</span>
          </li>
        ))}
      </ul>
      {open && (
        <>
          <h4>{open.name}</h4>
          <pre class="text tail">{open.text}</pre>
        </>
      )}
    </section>
  );
}

function Actions({study, trial, path}: {study: LiveStudy; trial: Trial; path: string}) {
  const [reason, setReason] = useState('');
  const [said, setSaid] = useState('');
  const again = async (): Promise<void> => {
    const answer = await post<{numbers: number[]; already: boolean}>(`${inStudy(study.name)}/enqueue`, {params: trial.params});
    setSaid(answer.already ? `Trial ${answer.numbers[0]} has this configuration already.` : `Enqueued as trial ${answer.numbers.join(', ')}.`);
  };
  const twice = async (): Promise<void> => {
    const answer = await post<{numbers: number[]}>(`${inStudy(study.name)}/enqueue`, {params: trial.params, count: 2});
    setSaid(`Two more runs are enqueued: ${answer.numbers.join(', ')}.`);
  };
  const voided = trial.reason === 'voided';
  return (
    <section class="drawer-actions" aria-label="Actions">
      <h3>Actions</h3>
      {said && <p role="status">{said}</p>}
      <p>
        <Action label="Enqueue again" run={again} /> <Action label="Run twice more" run={twice} />
      </p>
      {!voided && (
        <div class="inline-form">
          <label>
            <span>Reason to void it</span>
            <input value={reason} placeholder="the machine was overloaded" onInput={event => setReason(event.currentTarget.value)} />
          </label>
          <Action danger label="Void" disabled={!reason.trim()} run={() => post(`${path}/void`, {reason: reason.trim()})} />
        </div>
      )}
    </section>
  );
}
