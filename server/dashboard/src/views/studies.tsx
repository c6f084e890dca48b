// The list of studies, and creating one from a file.
import {useEffect, useRef, useState} from 'preact/hooks';
import {ApiError, get, request} from '../api';
import {ago, number, plural} from '../format';
import {Dialog, Problems, Sparkline, State} from '../parts/ui';
import {go, href} from '../router';
import type {StudyInfo} from '../types';

const kLookMs = 1000;

const ended = (of: StudyInfo): number => (of.counts.complete ?? 0) + (of.counts.pruned ?? 0);

export function StudiesView() {
  const [studies, setStudies] = useState<StudyInfo[] | null>(null);
  const [fault, setFault] = useState<ApiError | null>(null);
  const [file, setFile] = useState<string | null>(null);
  const [over, setOver] = useState(false);
  const picker = useRef<HTMLInputElement>(null);

  // An unchanged list is answered with 304 and no body.
  useEffect(() => {
    let stop = false;
    const look = async (): Promise<void> => {
      try {
        if (!document.hidden) setStudies((await get<{studies: StudyInfo[]}>('/studies')).studies);
        setFault(null);
      } catch (error) {
        setFault(error as ApiError);
      }
      if (!stop) timer = setTimeout(() => void look(), kLookMs);
    };
    let timer = setTimeout(() => void look(), 0);
    return () => {
      stop = true;
      clearTimeout(timer);
    };
  }, []);

  const take = async (of: File | undefined): Promise<void> => {
    if (of) setFile(await of.text());
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    void take(event.dataTransfer?.files[0]);
  };

  return (
    <div
      class={over ? 'view dropping' : 'view'}
      onDragOver={event => (event.preventDefault(), setOver(true))}
      onDragLeave={event => event.currentTarget === event.target && setOver(false)}
      onDrop={drop}
    >
      <div class="view-head">
        <h1>Studies</h1>
        <span class="grow" />
        <button type="button" class="primary" onClick={() => setFile('')}>
          New study
        </button>
        <button type="button" onClick={() => picker.current?.click()}>
          From a file…
        </button>
        <input
          ref={picker}
          class="visually-hidden"
          type="file"
          accept=".json,.jsonc"
          aria-label="Study file"
          tabIndex={-1}
          onChange={event => void take(event.currentTarget.files?.[0])}
        />
      </div>
      {fault && fault.status !== 401 && <Problems error={fault} />}
      {studies?.length === 0 && (
        <div class="card empty">
          <h2>No study yet</h2>
          <p>
            Drop a study file (<code>study.jsonc</code>) on this page, or use <code>study create FILE</code>.
          </p>
        </div>
      )}
      {studies && studies.length > 0 && <StudyTable studies={studies} />}
      {file !== null && <CreateDialog text={file} onClose={() => setFile(null)} />}
    </div>
  );
}

function StudyTable({studies}: {studies: StudyInfo[]}) {
  return (
    <div class="card table-box">
      <table class="studies">
        <thead>
          <tr>
            <th scope="col">Study</th>
            <th scope="col">State</th>
            <th scope="col" class="right">
              Best
            </th>
            <th scope="col">Best so far</th>
            <th scope="col">Trials</th>
            <th scope="col">Budget</th>
            <th scope="col">Running</th>
            <th scope="col">Created</th>
          </tr>
        </thead>
        <tbody>
          {studies.map(study => (
            <tr key={study.name}>
              <th scope="row">
                <a href={href({study: study.name})}>{study.name}</a>
              </th>
              <td data-label="State">
                <State of={study.state} />
                {study.finished_because && <div class="note">{study.finished_because}</div>}
                {study.open_questions ? (
                  <div>
                    <a class="badge" href={href({study: study.name, view: 'questions'})}>
                      {plural(study.open_questions, 'question')}
                    </a>
                  </div>
                ) : null}
              </td>
              <td class="right" data-label="Best">
                <Best study={study} />
              </td>
              <td data-label="Best so far">
                <Sparkline values={study.sparkline ?? []} label={`Best result so far of ${study.name}`} />
              </td>
              <td data-label="Trials">
                {ended(study).toLocaleString('en')}
                {study.counts.failed ? <span class="bad"> · {study.counts.failed.toLocaleString('en')} failed</span> : null}
                {study.counts.waiting ? <div class="note">{study.counts.waiting.toLocaleString('en')} waiting</div> : null}
              </td>
              <td data-label="Budget">
                <BudgetNote study={study} />
              </td>
              <td data-label="Running">
                {study.counts.running ? (
                  <span>
                    {study.counts.running} trial{study.counts.running > 1 ? 's' : ''}
                    <div class="note">{study.running_workers.filter(Boolean).join(', ')}</div>
                  </span>
                ) : (
                  <span class="muted">–</span>
                )}
              </td>
              <td data-label="Created" title={study.created}>
                {ago(study.created)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Best({study}: {study: StudyInfo}) {
  if (study.front_size !== undefined) return <>front of {study.front_size}</>;
  const {target} = study.spec;
  return (
    <>
      <strong>{number(study.best_value ?? study.sparkline?.at(-1))}</strong>
      {study.best_value === null && study.sparkline && <div class="note">not confirmed</div>}
      {target != null && <div class="note">target {number(target)}</div>}
    </>
  );
}

// The limit that is nearest its end.
function BudgetNote({study}: {study: StudyInfo}) {
  const uses = study.budget.filter(use => !use.worker && use.limit !== 'failures' && use.of > 0);
  if (!uses.length) return <span class="muted">–</span>;
  const most = uses.reduce((a, b) => (b.used / b.of > a.used / a.of ? b : a));
  const share = Math.min(1, most.used / most.of);
  return (
    <div class="mini" title={`${number(most.used, 4)} of ${number(most.of)} ${most.limit}`}>
      <svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect class="bar-whole" width="100" height="4" rx="1" />
        <rect class="bar-used" width={100 * share} height="4" rx="1" />
      </svg>
      <span class="note">
        {number(most.used, 4)} of {number(most.of)} {most.limit.replace('cost_usd', 'USD')}
      </span>
    </div>
  );
}

const kTemplate = `{
  "name": "example",
  "direction": "minimize",
  "params": {
    "x": {"type": "float", "low": -5, "high": 5},
    "method": {"type": "categorical", "choices": ["a", "b"]}
  },
  "limits": {"trials": 50}
}
`;

function CreateDialog({text, onClose}: {text: string; onClose: () => void}) {
  const [file, setFile] = useState(text || kTemplate);
  const [error, setError] = useState<ApiError | null>(null);
  const create = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setError(null);
    try {
      const made = (await (await request('POST', '/studies', file)).json()) as StudyInfo;
      onClose();
      go({study: made.name});
    } catch (cause) {
      setError(cause as ApiError);
    }
  };
  return (
    <Dialog title="New study" onClose={onClose}>
      <form class="create" onSubmit={event => void create(event)}>
        <label>
          <span>Study file (JSON, comments are allowed)</span>
          <textarea spellcheck={false} rows={18} value={file} onInput={event => setFile(event.currentTarget.value)} />
        </label>
        <Problems error={error} />
        <footer>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary">
            Create
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
