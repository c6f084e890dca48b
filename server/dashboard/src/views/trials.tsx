// The table of all trials: filter, sort, columns.
import {useEffect, useMemo, useState} from 'preact/hooks';
import {get, inStudy} from '../api';
import {rowOf, type Row} from '../data';
import {ago, clock, duration, number, value} from '../format';
import type {LiveStudy} from '../live';
import {State} from '../parts/ui';
import {href, place} from '../router';
import {cellOf} from '../table';
import type {Trial} from '../types';
import {Worker} from './overview';

const kPage = 100;
const kFixed = ['number', 'state', 'value', 'worker', 'duration', 'completed', 'attempt', 'purpose', 'sampler', 'cost'];
const kShown = ['number', 'state', 'value', 'worker', 'duration', 'completed'];

export function TrialTable({study}: {study: LiveStudy}) {
  const info = study.info.value!;
  const rows = study.rows.value;
  const several = study.directions.value.length;
  const params = Object.keys(info.spec.params);
  const metrics = useMemo(() => [...new Set(rows.slice(-200).flatMap(row => Object.keys(row.metrics)))], [rows]);
  const values = several > 1 ? study.directions.value.map((_, k) => `value${k}`) : ['value'];
  const all = [...kFixed.flatMap(name => (name === 'value' ? values : [name])), ...params, ...metrics];
  const [hidden, setHidden] = useState(() => new Set(kFixed.filter(name => !kShown.includes(name))));
  const [filter, setFilter] = useState('');
  const [by, setBy] = useState('number');
  const [descending, setDescending] = useState(true);
  const [page, setPage] = useState(0);

  const table = study.table.value;
  // In the order of the numbers the trials in view are read; every one is only once they are sorted or filtered.
  const stretch = !table && !filter.trim() && by === 'number' && hidden.has('cost');
  useEffect(() => {
    if (!stretch && !table) void study.loadTable();
  }, [study, stretch, !table]);
  const found = useMemo(() => (table && !stretch ? table.all.find(filter, by, descending) : null), [table, stretch, filter, by, descending]);
  const count = stretch ? study.total.value : (found?.length ?? 0);
  const pages = Math.max(1, Math.ceil(count / kPage));
  const at = Math.min(page, pages - 1);
  const inView = useStretch(study, stretch, at, descending);
  const shown = found ? [...found.subarray(at * kPage, (at + 1) * kPage)].map(one => table!.all.row(one)) : inView;
  const columns = all.filter(name => !hidden.has(name));
  const sort = (name: string): void => {
    setDescending(by === name ? !descending : name === 'number' || name === 'completed');
    setBy(name);
    setPage(0);
  };
  const toggle = (name: string): void => {
    const next = new Set(hidden);
    if (!next.delete(name)) next.add(name);
    setHidden(next);
  };

  return (
    <section class="card" aria-label="Trials">
      <div class="card-head">
        <label class="filter">
          <span class="visually-hidden">Filter</span>
          <input
            type="search"
            placeholder="Filter: state=complete worker=W1 value<0.3"
            value={filter}
            onInput={event => (setFilter(event.currentTarget.value), setPage(0))}
          />
        </label>
        <span class="note" role="status">
          {shown ? `${count.toLocaleString('en')} of ${study.total.value.toLocaleString('en')} trials` : 'Reading the trials…'}
        </span>
        <span class="grow" />
        <details class="chooser">
          <summary>Columns</summary>
          <div>
            {all.map(name => (
              <label class="check" key={name}>
                <input type="checkbox" checked={!hidden.has(name)} onChange={() => toggle(name)} /> {name}
              </label>
            ))}
          </div>
        </details>
      </div>
      <div class="table-box">
        <table class="trials">
          <thead>
            <tr>
              {columns.map(name => (
                <th scope="col" key={name} aria-sort={by === name ? (descending ? 'descending' : 'ascending') : undefined}>
                  <button type="button" class="sort" onClick={() => sort(name)}>
                    {name}
                    <span aria-hidden="true">{by === name ? (descending ? ' ↓' : ' ↑') : ''}</span>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown?.map(row => (
              <tr key={row.number} class={place.value.trial === row.number ? 'chosen' : ''}>
                {columns.map(name => (
                  <td key={name}>
                    <Cell row={row} name={name} study={study} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {pages > 1 && (
        <nav class="pages" aria-label="Pages">
          <button type="button" disabled={at === 0} onClick={() => setPage(at - 1)}>
            Earlier
          </button>
          <span class="note">
            page {at + 1} of {pages.toLocaleString('en')}
          </span>
          <button type="button" disabled={at === pages - 1} onClick={() => setPage(at + 1)}>
            Later
          </button>
        </nav>
      )}
    </section>
  );
}

// The rows of one page in the order of the numbers; null: not read yet.
function useStretch(study: LiveStudy, wanted: boolean, page: number, descending: boolean): Row[] | null {
  const [rows, setRows] = useState<Row[] | null>(null);
  const total = study.total.value;
  const changes = study.rows.value;
  useEffect(() => {
    if (!wanted) return;
    let stop = false;
    const end = descending ? total - page * kPage : Math.min(total, (page + 1) * kPage);
    const begin = descending ? Math.max(0, end - kPage) : page * kPage;
    void get<{trials: Trial[]}>(`${inStudy(study.name)}/trials?after=${begin - 1}&limit=${Math.max(1, end - begin)}`).then(({trials}) => {
      const read = trials.map(trial => rowOf(trial, 0));
      if (!stop) setRows(descending ? read.reverse() : read);
    });
    return () => {
      stop = true;
    };
  }, [study, wanted, page, descending, total, changes]);
  return wanted ? rows : null;
}

function Cell({row, name, study}: {row: Row; name: string; study: LiveStudy}) {
  if (name === 'number') return <a href={href({...place.value, trial: row.number})}>{row.number}</a>;
  if (name === 'state') {
    return (
      <>
        <State of={row.state} /> {row.reason && <span class="note">{row.reason}</span>}
        {row.state === 'complete' && !row.feasible && <span class="note">infeasible</span>}
      </>
    );
  }
  if (name === 'worker') return <Worker name={row.worker} study={study} />;
  if (name === 'duration') return <>{row.started !== null && row.completed !== null ? duration(row.completed - row.started) : '–'}</>;
  if (name === 'completed') return <span title={clock(row.completed && row.completed * 1000)}>{ago(row.completed && row.completed * 1000)}</span>;
  if (name === 'cost') return <>{number(row.cost, 4)}</>;
  return <span class="number">{value(cellOf(row, name))}</span>;
}
