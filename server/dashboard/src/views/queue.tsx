// What waits: trials and tasks in the order in which they go out, what they wait for, and adding a trial.
import {useEffect, useState} from 'preact/hooks';
import {ApiError, get, inStudy, post} from '../api';
import {number, value} from '../format';
import type {LiveStudy} from '../live';
import {Action, Problems, State} from '../parts/ui';
import {href, place} from '../router';
import type {ParamSpec, Task, Trial} from '../types';

export function Queue({study}: {study: LiveStudy}) {
  const [trials, setTrials] = useState<Trial[]>([]);
  const [tasks, setTasks] = useState<Task[]>([]);
  const path = inStudy(study.name);
  const waiting = study.info.value!.counts.waiting ?? 0;
  useEffect(() => {
    void get<{trials: Trial[]}>(`${path}/trials?state=waiting&limit=200`).then(answer => setTrials(answer.trials));
    void get<{tasks: Task[]}>(`${path}/tasks?limit=200`).then(answer => setTasks(answer.tasks));
  }, [path, waiting, study.peopleChanged.value]);
  const ordered = trials.slice().sort((a, b) => (b.priority ?? 0) - (a.priority ?? 0) || a.number - b.number);
  return (
    <div class="grid">
      <section class="card" aria-labelledby="waiting">
        <div class="card-head">
          <div>
            <h3 id="waiting">Waiting trials</h3>
            <p class="summary">{waiting ? `${waiting.toLocaleString('en')} wait; the highest priority goes out first, after retries and replicates.` : 'Nothing waits: workers get what the sampler suggests.'}</p>
          </div>
        </div>
        {ordered.length > 0 && (
          <div class="table-box">
            <table>
              <thead>
                <tr>
                  <th scope="col">Trial</th>
                  <th scope="col" class="right">
                    Priority
                  </th>
                  <th scope="col">For</th>
                  <th scope="col">Waits for</th>
                  <th scope="col">Parameters given</th>
                  <th scope="col" />
                </tr>
              </thead>
              <tbody>
                {ordered.map(trial => (
                  <tr key={trial.number}>
                    <th scope="row">
                      <a href={href({...place.value, trial: trial.number})}>{trial.number}</a> {trial.title}
                    </th>
                    <td class="right">{number(trial.priority ?? 0)}</td>
                    <td>
                      {trial.purpose} {trial.tags?.length ? <span class="note">needs {trial.tags.join(', ')}</span> : null}
                    </td>
                    <td>
                      <WaitsFor trials={trial.after} tasks={trial.after_tasks} />
                    </td>
                    <td class="params">
                      {Object.entries(trial.params)
                        .map(([name, of]) => `${name}=${value(of)}`)
                        .join('  ') || 'none: the sampler chooses'}
                    </td>
                    <td>
                      <Action label="Withdraw" run={() => post(`${path}/trials/${trial.number}/void`, {reason: 'withdrawn on the page'})} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
      <Enqueue study={study} />
      {tasks.length > 0 && (
        <section class="card span-2" aria-labelledby="tasks">
          <div class="card-head">
            <div>
              <h3 id="tasks">Tasks</h3>
              <p class="summary">Work without a score.</p>
            </div>
          </div>
          <div class="table-box">
            <table>
              <thead>
                <tr>
                  <th scope="col">Task</th>
                  <th scope="col">State</th>
                  <th scope="col" class="right">
                    Priority
                  </th>
                  <th scope="col">Waits for</th>
                  <th scope="col">Worker</th>
                </tr>
              </thead>
              <tbody>
                {tasks.map(task => (
                  <tr key={task.number}>
                    <th scope="row">
                      {task.number} · {task.title}
                    </th>
                    <td>
                      <State of={task.state} />
                    </td>
                    <td class="right">{number(task.priority)}</td>
                    <td>
                      <WaitsFor trials={task.after_trials} tasks={task.after} />
                    </td>
                    <td>{task.worker || '–'}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
      )}
    </div>
  );
}

function WaitsFor({trials = [], tasks = []}: {trials?: number[]; tasks?: number[]}) {
  if (!trials.length && !tasks.length) return <span class="muted">–</span>;
  return (
    <>
      {trials.map(one => (
        <a key={one} class="tag" href={href({...place.value, trial: one})}>
          trial {one}
        </a>
      ))}
      {tasks.map(one => (
        <span key={one} class="tag">
          task {one}
        </span>
      ))}
    </>
  );
}

function parse(text: string, spec: ParamSpec): unknown {
  if (spec.type !== 'categorical') return Number(text);
  return spec.choices?.find(choice => JSON.stringify(choice) === text);
}

function Enqueue({study}: {study: LiveStudy}) {
  const params = study.info.value!.spec.params;
  const [given, setGiven] = useState<Record<string, string>>({});
  const [priority, setPriority] = useState('0');
  const [error, setError] = useState<ApiError | null>(null);
  const [said, setSaid] = useState('');
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setError(null);
    setSaid('');
    const chosen = Object.fromEntries(Object.entries(given).filter(([, text]) => text !== '').map(([name, text]) => [name, parse(text, params[name]!)]));
    try {
      const answer = await post<{numbers: number[]; already: boolean}>(`${inStudy(study.name)}/enqueue`, {params: chosen, priority: Number(priority)});
      setSaid(answer.already ? `Trial ${answer.numbers[0]} has this configuration already.` : `Enqueued as trial ${answer.numbers.join(', ')}.`);
      setGiven({});
    } catch (cause) {
      setError(cause as ApiError);
    }
  };
  return (
    <form class="card enqueue" aria-labelledby="enqueue" onSubmit={event => void send(event)}>
      <div class="card-head">
        <div>
          <h3 id="enqueue">Enqueue a trial</h3>
          <p class="summary">What is left empty the sampler chooses.</p>
        </div>
      </div>
      <div class="fields">
        {Object.entries(params).map(([name, spec]) => (
          <label key={name}>
            <span>{name}</span>
            {spec.type === 'categorical' ? (
              <select value={given[name] ?? ''} onChange={event => setGiven({...given, [name]: event.currentTarget.value})}>
                <option value="">the sampler's</option>
                {(spec.choices ?? []).map(choice => (
                  <option key={JSON.stringify(choice)} value={JSON.stringify(choice)}>
                    {value(choice)}
                  </option>
                ))}
              </select>
            ) : (
              <input
                inputMode="decimal"
                placeholder={`${spec.low} to ${spec.high}`}
                value={given[name] ?? ''}
                onInput={event => setGiven({...given, [name]: event.currentTarget.value})}
              />
            )}
          </label>
        ))}
        <label>
          <span>priority</span>
          <input inputMode="decimal" value={priority} onInput={event => setPriority(event.currentTarget.value)} />
        </label>
      </div>
      <Problems error={error} />
      {said && <p role="status">{said}</p>}
      <footer>
        <button type="submit" class="primary">
          Enqueue
        </button>
      </footer>
    </form>
  );
}
