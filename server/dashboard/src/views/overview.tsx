// What one looks at first: history, leaderboard, workers, importance.
import {useMemo, useState} from 'preact/hooks';
import {inStudy, post} from '../api';
import {historyOption, historySummary} from '../charts/history';
import {rowOfClick} from '../charts/common';
import {importanceOption, paretoOption} from '../charts/results';
import {ago, clock, number, percent, value} from '../format';
import type {LiveStudy} from '../live';
import {Chart} from '../parts/chart';
import {Action, Select, State} from '../parts/ui';
import {href, place, showTrial} from '../router';
import {palette, workerColour} from '../theme';
import type {BestRow, Proposals} from '../types';

export function Overview({study}: {study: LiveStudy}) {
  return (
    <div class="grid">
      <div class="span-2">
        <History study={study} />
      </div>
      {study.directions.value.length > 1 && (
        <div class="span-2">
          <ParetoFront study={study} />
        </div>
      )}
      <Leaderboard study={study} />
      <div class="stack">
        <ImportanceCard study={study} />
        <Workers study={study} />
      </div>
    </div>
  );
}

export function ObjectiveSelect({study, objective, onChange}: {study: LiveStudy; objective: number; onChange: (of: number) => void}) {
  const directions = study.directions.value;
  if (directions.length < 2) return null;
  return <Select label="Objective" value={String(objective)} options={directions.map((d, k): [string, string] => [String(k), `${k} (${d})`])} onChange={of => onChange(Number(of))} />;
}

export function History({study, height = 360}: {study: LiveStudy; height?: number}) {
  const [log, setLog] = useState(false);
  const [objective, setObjective] = useState(0);
  const rows = study.rows.value;
  const info = study.info.value!;
  const input = {
    rows,
    total: study.total.value,
    direction: study.directions.value[objective]!,
    workers: study.workerNames.value,
    leader: study.best.value.find(row => row.rank === 1 && !row.older),
    target: info.spec.target ?? null,
    log,
    objective,
  };
  const option = useMemo(() => historyOption(input), [rows, study.best.value, log, objective, palette.value, info.spec]);
  return (
    <Chart
      title="Optimization history"
      summary={historySummary(input)}
      option={option}
      height={height}
      points={rows.filter(row => row.values[objective] != null).length}
      empty={log && rows.length ? 'A log axis needs values above zero.' : 'No result yet: the first one shows up here by itself.'}
      onClick={data => showTrialOf(data)}
      controls={
        <>
          <ObjectiveSelect study={study} objective={objective} onChange={setObjective} />
          <label class="check">
            <input type="checkbox" checked={log} onChange={event => setLog(event.currentTarget.checked)} /> log axis
          </label>
        </>
      }
    />
  );
}

export function showTrialOf(data: unknown): void {
  const trial = rowOfClick(data);
  if (trial !== null) showTrial(trial);
}

export function ParetoFront({study}: {study: LiveStudy}) {
  const directions = study.directions.value;
  const [x, setX] = useState(0);
  const [y, setY] = useState(1);
  const rows = study.rows.value;
  const option = useMemo(() => paretoOption(rows, directions, x, y), [rows, x, y, palette.value]);
  const options = directions.map((_, k): [string, string] => [String(k), `Objective ${k}`]);
  return (
    <Chart
      title="Pareto front"
      summary={`${study.info.value!.front_size ?? 0} trials that no other beats in one objective without losing in another.`}
      option={option}
      height={360}
      points={rows.length}
      onClick={showTrialOf}
      controls={
        directions.length > 2 && (
          <>
            <Select label="x" value={String(x)} options={options} onChange={of => setX(Number(of))} />
            <Select label="y" value={String(y)} options={options} onChange={of => setY(Number(of))} />
          </>
        )
      }
    />
  );
}

const kFewRows = 10;

function Leaderboard({study}: {study: LiveStudy}) {
  const [all, setAll] = useState(false);
  const rows = study.best.value;
  const several = study.directions.value.length > 1;
  const known = rows.some(row => row.mean !== null);
  return (
    <section class="card" aria-labelledby="leaderboard">
      <div class="card-head">
        <div>
          <h3 id="leaderboard">{several ? 'Pareto front, by the first objective' : 'Leaderboard'}</h3>
          <p class="summary">
            {several
              ? 'Configurations that no other dominates.'
              : known
                ? 'Mean and 95 % interval: what to believe. Value: the best single run.'
                : 'No configuration was run twice yet, so there are no intervals: the best may be a lucky one.'}
          </p>
        </div>
      </div>
      {rows.length === 0 && <p class="muted pad">No result yet.</p>}
      {rows.length > 0 && (
        <div class="table-box">
          <table class="leaderboard">
            <thead>
              <tr>
                <th scope="col">#</th>
                <th scope="col">Trial</th>
                {several ? (
                  study.directions.value.map((_, k) => (
                    <th scope="col" class="right" key={k}>
                      Objective {k}
                    </th>
                  ))
                ) : (
                  <>
                    <th scope="col" class="right">
                      Value
                    </th>
                    {known && <th scope="col">Mean and interval</th>}
                    {known && (
                      <th scope="col" class="right">
                        P(best)
                      </th>
                    )}
                  </>
                )}
                <th scope="col" class="right">
                  Runs
                </th>
                <th scope="col">Worker</th>
                <th scope="col">Parameters</th>
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, all ? rows.length : kFewRows).map(row => (
                <LeaderboardRow key={`${row.number}-${row.older}`} row={row} study={study} several={several} known={known} />
              ))}
            </tbody>
          </table>
          {rows.length > kFewRows && (
            <p class="more">
              <button type="button" class="link" onClick={() => setAll(!all)}>
                {all ? 'Fewer' : `All ${rows.length}`}
              </button>
            </p>
          )}
        </div>
      )}
      <ByAuthor proposals={study.info.value!.proposals ?? []} />
    </section>
  );
}

// Whether what people and agents propose is worth its trials.
function ByAuthor({proposals}: {proposals: Proposals[]}) {
  if (!proposals.length) return null;
  return (
    <div class="table-box">
      <table class="authors" aria-label="By author">
        <thead>
          <tr>
            <th scope="col">Proposed by</th>
            <th scope="col" class="right">
              Trials
            </th>
            <th scope="col" class="right">
              Best
            </th>
            <th scope="col" title="The probability that one of theirs is better than one of the sampler's; 50 % is as good">
              Beats the sampler
            </th>
          </tr>
        </thead>
        <tbody>
          {proposals.map(of => (
            <tr key={of.author}>
              <th scope="row">{of.author}</th>
              <td class="right">{of.trials.toLocaleString('en')}</td>
              <td class="right">{of.best_number != null ? <a href={href({...place.value, trial: of.best_number})}>{number(of.best_value)}</a> : '–'}</td>
              <td>{of.beats_sampler != null ? percent(of.beats_sampler) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function LeaderboardRow({row, study, several, known}: {row: BestRow; study: LiveStudy; several: boolean; known: boolean}) {
  const badges = [row.confirmed && (row.n > 1 || known) && 'confirmed', row.raw_best && 'best run', !row.feasible && 'infeasible', row.older && 'older version', row.outside && 'outside'].filter(Boolean);
  return (
    <tr class={row.feasible && !row.older ? '' : 'dim'}>
      <td>{row.rank || '–'}</td>
      <th scope="row">
        <a href={href({...place.value, trial: row.number})}>{row.number}</a>{' '}
        {badges.map(badge => (
          <span key={String(badge)} class={`tag tag-${String(badge).replace(' ', '-')}`}>
            {badge}
          </span>
        ))}
      </th>
      {several ? (
        (row.values ?? [row.value]).map((one, k) => (
          <td class="right" key={k}>
            {number(one)}
          </td>
        ))
      ) : (
        <>
          <td class="right">{number(row.value)}</td>
          {known && (
            <td>
              <Interval row={row} rows={study.best.value} />
            </td>
          )}
          {known && <td class="right">{row.p_best === null ? '–' : percent(row.p_best)}</td>}
        </>
      )}
      <td class="right">{row.n}</td>
      <td>
        <Worker name={row.worker} study={study} />
      </td>
      <td class="params">
        {Object.entries(row.params)
          .map(([name, of]) => `${name}=${value(of)}`)
          .join('  ')}
      </td>
    </tr>
  );
}

function Interval({row, rows}: {row: BestRow; rows: BestRow[]}) {
  if (row.mean === null) return <span class="muted">–</span>;
  if (!row.interval) return <span class="interval-text">{number(row.mean, 4)}</span>;
  const all = rows.flatMap(one => one.interval ?? []);
  const low = Math.min(...all);
  const span = Math.max(...all) - low || 1;
  const at = (x: number): number => 2 + (96 * (x - low)) / span;
  const [from, to] = row.interval;
  return (
    <span class="interval" title={`${number(row.mean)}, 95 %: ${number(from)} to ${number(to)}`}>
      <span class="interval-text">
        {number(row.mean, 4)} <span class="note">± {number((to - from) / 2, 2)}</span>
      </span>
      <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
        <rect x={at(from)} y="4" width={Math.max(1, at(to) - at(from))} height="2" class="interval-bar" />
        <rect x={at(row.mean) - 1} y="1" width="2" height="8" class="interval-mean" />
      </svg>
    </span>
  );
}

export function Worker({name, study}: {name: string; study: LiveStudy}) {
  if (!name) return <span class="muted">–</span>;
  return (
    <span class="worker">
      <i style={{background: workerColour(name, study.workerNames.value)}} aria-hidden="true" />
      {name}
    </span>
  );
}

export function ImportanceCard({study}: {study: LiveStudy}) {
  const of = study.importance.value;
  const option = useMemo(() => (of ? importanceOption(of) : null), [of, palette.value]);
  const first = of?.importance[0];
  const hint = of && of.target_trials < 5 ? ' Few results yet: a hint only.' : '';
  return (
    <Chart
      title="Hyperparameter importance"
      summary={of && first ? (of.informative ? `${first.name} decides most (${first.importance.toFixed(2)}), by PED-ANOVA over ${of.trials.toLocaleString('en')} trials.${hint}` : 'Nothing tells the parameters apart yet.') : ''}
      option={option}
      height={Math.max(70, 28 * (of?.importance.length ?? 0) + 10)}
      points={of?.importance.length}
    />
  );
}

function Workers({study}: {study: LiveStudy}) {
  const workers = study.workers.value;
  const running = study.rows.value.filter(row => row.state === 'running');
  const path = inStudy(study.name);
  const now = Date.now();
  return (
    <section class="card" aria-labelledby="workers">
      <div class="card-head">
        <div>
          <h3 id="workers">Workers</h3>
          <p class="summary">{workers.length ? '' : 'None has asked for a trial yet.'}</p>
        </div>
      </div>
      <ul class="workers">
        {workers.map(worker => {
          const own = running.filter(row => row.worker === worker.worker);
          const quarantined = worker.quarantined_until && new Date(worker.quarantined_until).getTime() > now;
          const focus = study.info.value!.spec.workers?.[worker.worker]?.focus;
          const names = Array.isArray(focus) ? focus : focus ? Object.keys(focus) : [];
          return (
            <li key={worker.worker}>
              <div class="worker-head">
                <Worker name={worker.worker || 'unnamed'} study={study} />
                <span class="grow" />
                {quarantined ? <State of="quarantined" /> : own.length || worker.tasks ? <State of="running" /> : <State of="idle" />}
              </div>
              <div class="note">
                {worker.done.toLocaleString('en')} done{worker.failures > 0 && <span class="bad"> · {worker.failures} failures in a row</span>}
                {names.length > 0 && ` · focus: ${names.join(', ')}`}
              </div>
              {own.slice(0, 4).map(row => (
                <div class="note" key={row.number}>
                  <a href={href({...place.value, trial: row.number})}>trial {row.number}</a>
                  {study.stages.value[row.number] && <span class="tag stage">{study.stages.value[row.number]}</span>} · attempt {row.attempt} · since{' '}
                  {ago(row.started! * 1000, now)}
                </div>
              ))}
              {own.length > 4 && <div class="note">and {own.length - 4} more</div>}
              {quarantined && (
                <div class="note">
                  until {clock(worker.quarantined_until)} <Action label="Release" run={() => post(`${path}/workers/${encodeURIComponent(worker.worker)}/release`)} />
                </div>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

