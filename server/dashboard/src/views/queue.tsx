// What waits, trials and tasks in the order of handing out: to approve, reject, and move by dragging or with buttons.
import {useEffect, useRef, useState} from 'preact/hooks';
import {ApiError, get, inStudy, patch, post} from '../api';
import {number, value} from '../format';
import type {LiveStudy} from '../live';
import {Action, Dialog, Problems, State} from '../parts/ui';
import {keyOf, move} from '../queue';
import {href, place} from '../router';
import type {QueueItem, Task} from '../types';
import {Enqueue} from './enqueue';
import {Files} from './files';
import {Dependencies} from './dependencies';
import {Topics} from './topics';

const kShown = 100;

export function Queue({study}: {study: LiveStudy}) {
  const [items, setItems] = useState<QueueItem[] | null>(null);
  const [tasks, setTasks] = useState<Task[]>([]);
  const path = inStudy(study.name);
  const read = async (): Promise<void> => {
    const [queue, board] = await Promise.all([get<{items: QueueItem[]}>(`${path}/queue`), get<{tasks: Task[]}>(`${path}/tasks?limit=200`)]);
    setItems(queue.items.map(item => ({...item, priority: Number(item.priority)})));
    setTasks(board.tasks);
  };
  useEffect(() => void read().catch(() => {}), [path, study.changes.value]);
  return (
    <div class="grid">
      <div class="stack">
        <Waiting items={items ?? []} path={path} read={read} />
        {items && <Dependencies study={study} items={items} tasks={tasks} />}
        <Topics study={study} />
        <Tasks tasks={tasks.filter(task => task.state !== 'waiting')} path={path} />
      </div>
      <Enqueue study={study} />
    </div>
  );
}

function Waiting({items, path, read}: {items: QueueItem[]; path: string; read: () => Promise<void>}) {
  const [dragged, setDragged] = useState<number | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const [said, setSaid] = useState('');
  const [error, setError] = useState<ApiError | null>(null);
  const [all, setAll] = useState(false);
  const list = useRef<HTMLOListElement>(null);
  const held = items.filter(item => item.hold).length;

  const bring = async (from: number, to: number, focus = ''): Promise<void> => {
    const changes = move(items, from, to);
    const item = items[from]!;
    setError(null);
    if (changes === null) return setSaid('What was handed out before goes first, whatever its priority.');
    try {
      for (const change of changes) await patch(`${pathOf(path, change.item)}/queue`, {priority: change.priority, reason: 'moved on the page'});
      await read();
      if (changes.length) setSaid(`${keyOf(item)} is now number ${to + 1} of ${items.length}.`);
    } catch (cause) {
      setError(cause as ApiError);
    }
    if (focus) requestAnimationFrame(() => list.current?.querySelector<HTMLElement>(`[data-key="${keyOf(item)}"] .${focus}:not(:disabled)`)?.focus());
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    if (dragged !== null && over !== null) void bring(dragged, over);
    setDragged(null);
    setOver(null);
  };

  return (
    <section class="card" aria-labelledby="waiting">
      <div class="card-head">
        <div>
          <h3 id="waiting">Queue</h3>
          <p class="summary">
            {items.length
              ? `${items.length.toLocaleString('en')} ${items.length === 1 ? 'waits' : 'wait, in the order in which they are handed out'}${held ? `; ${held} for an approval` : ''}. ${items.length > 1 ? 'Drag one, or move it with its arrows.' : ''}`
              : 'Nothing waits: workers get what the sampler suggests.'}
          </p>
        </div>
      </div>
      <p class="note pad" role="status">
        {said}
      </p>
      <Problems error={error} />
      <ol class="queue" ref={list} onDragOver={event => event.preventDefault()} onDrop={drop}>
        {items.slice(0, all ? items.length : kShown).map((item, i) => (
          <li
            key={keyOf(item)}
            data-key={keyOf(item)}
            class={[dragged === i && 'dragged', over === i && dragged !== null && (dragged < i ? 'after' : dragged > i ? 'before' : ''), !item.ready && 'blocked'].filter(Boolean).join(' ')}
            draggable
            onDragStart={event => {
              setDragged(i);
              event.dataTransfer!.effectAllowed = 'move';
              event.dataTransfer!.setData('text/plain', keyOf(item));
            }}
            onDragEnter={() => setOver(i)}
            onDragEnd={() => (setDragged(null), setOver(null))}
          >
            <span class="place" aria-hidden="true">
              <span class="grip">⠿</span>
              {i + 1}
            </span>
            <Item item={item} />
            <span class="moves">
              <button type="button" class="plain up" aria-label={`Move ${keyOf(item)} up`} disabled={i === 0} onClick={() => void bring(i, i - 1, 'up')}>
                ↑
              </button>
              <button type="button" class="plain down" aria-label={`Move ${keyOf(item)} down`} disabled={i === items.length - 1} onClick={() => void bring(i, i + 1, 'down')}>
                ↓
              </button>
            </span>
            <span class="actions">
              {item.hold ? (
                <Action label="Approve" run={() => patch(`${pathOf(path, item)}/queue`, {hold: false}).then(read)} />
              ) : (
                <Action label="Hold" run={() => patch(`${pathOf(path, item)}/queue`, {hold: true}).then(read)} />
              )}
              <Withdraw item={item} path={path} read={read} />
            </span>
          </li>
        ))}
      </ol>
      {items.length > kShown && (
        <p class="more">
          <button type="button" class="link" onClick={() => setAll(!all)}>
            {all ? 'Fewer' : `All ${items.length.toLocaleString('en')}`}
          </button>
        </p>
      )}
    </section>
  );
}

const pathOf = (study: string, item: QueueItem): string => `${study}/${item.kind}s/${item.number}`;

function Item({item}: {item: QueueItem}) {
  const params = Object.entries(item.params ?? {});
  const terms: (string | false | undefined)[] = [
    item.priority !== 0 && `priority ${number(item.priority, 3)}`,
    item.retried && 'again',
    item.for && `for ${item.for}`,
    item.wave !== undefined && `wave ${item.wave}`,
    item.topic && `topic ${item.topic}`,
    ...(item.needs ?? []).map(one => `needs ${one}`),
    ...item.tags,
  ];
  return (
    <div class="what">
      <div>
        {item.kind === 'trial' ? <a href={href({...place.value, trial: item.number})}>trial {item.number}</a> : <strong>task {item.number}</strong>} {item.title}
        {item.hold && <State of="held" />}
        {item.author && item.author !== 'user' && <span class="note"> by {item.author}</span>}
      </div>
      {params.length > 0 && <div class="params">{params.map(([name, of]) => `${name}=${value(of)}`).join('  ')}</div>}
      <div>
        {terms.filter(Boolean).map(term => (
          <span key={String(term)} class="tag">
            {term}
          </span>
        ))}
        <span class="note">{item.ready ? 'next free worker' : item.waits_for.map(one => one.text).join('; ')}</span>
      </div>
    </div>
  );
}

function Withdraw({item, path, read}: {item: QueueItem; path: string; read: () => Promise<void>}) {
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState('');
  const verb = item.hold ? 'Reject' : 'Withdraw';
  const run = (): Promise<unknown> =>
    post(`${pathOf(path, item)}/${item.kind === 'trial' ? 'void' : 'cancel'}`, {reason: reason.trim() || `${verb === 'Reject' ? 'rejected' : 'withdrawn'} on the page`}).then(read);
  if (!item.hold) return <Action label={verb} run={run} />;
  return (
    <>
      <button type="button" class="danger" onClick={() => setAsking(true)}>
        Reject…
      </button>
      {asking && (
        <Dialog title={`Reject ${keyOf(item)}?`} onClose={() => setAsking(false)}>
          <label>
            <span>Why, for whoever proposed it</span>
            <input value={reason} placeholder="tried before" onInput={event => setReason(event.currentTarget.value)} />
          </label>
          <footer>
            <Action danger label="Reject" run={run} />
          </footer>
        </Dialog>
      )}
    </>
  );
}

function Tasks({tasks, path}: {tasks: Task[]; path: string}) {
  const [open, setOpen] = useState<number | null>(null);
  if (!tasks.length) return null;
  return (
    <section class="card" aria-labelledby="tasks">
      <div class="card-head">
        <div>
          <h3 id="tasks">Tasks</h3>
          <p class="summary">Work without a score, running and ended.</p>
        </div>
      </div>
      <div class="table-box">
        <table>
          <thead>
            <tr>
              <th scope="col">Task</th>
              <th scope="col">State</th>
              <th scope="col">Worker</th>
            </tr>
          </thead>
          <tbody>
            {tasks.map(task => (
              <tr key={task.number}>
                <th scope="row" class="wrap">
                  <details open={open === task.number} onToggle={event => setOpen(was => (event.currentTarget.open ? task.number : was === task.number ? null : was))}>
                    <summary>
                      {task.number} · {task.title}
                    </summary>
                    {open === task.number && <Files path={`${path}/tasks/${task.number}`} waiting={false} none="No files are kept with this task." />}
                  </details>
                </th>
                <td>
                  <State of={task.state} /> {task.stage && <span class="note">{task.stage}</span>}
                </td>
                <td>{task.worker || '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
