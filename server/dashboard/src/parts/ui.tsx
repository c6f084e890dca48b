// Small pieces that several views use.
import type {ComponentChildren} from 'preact';
import {useEffect, useRef, useState} from 'preact/hooks';
import {ApiError} from '../api';
import {number, percent} from '../format';
import type {BudgetUse} from '../types';

export function State({of}: {of: string}) {
  return <span class={`state state-${of}`}>{of}</span>;
}

export function Sparkline({values, label}: {values: number[]; label: string}) {
  if (values.length < 2) return <span class="muted">–</span>;
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const points = values.map((value, i) => `${((100 * i) / (values.length - 1)).toFixed(1)},${(26 - (24 * (value - low)) / span).toFixed(1)}`);
  return (
    <svg class="sparkline" viewBox="0 0 100 28" preserveAspectRatio="none" role="img" aria-label={label}>
      <polyline points={points.join(' ')} />
    </svg>
  );
}

export function Budget({use}: {use: BudgetUse}) {
  const share = use.of > 0 ? Math.min(1, use.used / use.of) : 0;
  const reserved = use.of > 0 ? Math.min(1 - share, use.reserved / use.of) : 0;
  const name = `${use.limit.replace('cost_usd', 'cost, USD')}${use.worker ? ` of ${use.worker}` : ''}`;
  const used = use.used >= 100 ? Math.round(use.used) : Math.round(100 * use.used) / 100;
  const text = `${number(used)} of ${number(use.of)}`;
  return (
    <div class="budget" role="meter" aria-label={name} aria-valuemin={0} aria-valuemax={use.of} aria-valuenow={use.used} aria-valuetext={text}>
      <span class="budget-name">{name}</span>
      <span class="budget-text">{text}</span>
      <svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect class="bar-whole" width="100" height="4" rx="1" />
        <rect class="bar-reserved" x={100 * share} width={100 * reserved} height="4" />
        <rect class={share >= 0.8 ? 'bar-used bar-near' : 'bar-used'} width={100 * share} height="4" rx="1" />
      </svg>
      {use.reserved > 0 && <span class="visually-hidden">{percent(reserved)} reserved</span>}
    </div>
  );
}

export function Problems({error}: {error: ApiError | null}) {
  if (!error) return null;
  return (
    <div class="problems" role="alert">
      <strong>{error.problems.length ? `${error.problems.length} problem${error.problems.length > 1 ? 's' : ''}` : error.message}</strong>
      {error.problems.length > 0 && (
        <ul>
          {error.problems.map(problem => (
            <li key={problem.path + problem.message}>
              <code>{problem.path || '/'}</code> {problem.message}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

// Its content is made once it comes near the window: a page of many charts shows the first ones at once.
export function Lazy({height, children}: {height: number; children: () => ComponentChildren}) {
  const box = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(false);
  useEffect(() => {
    if (near || !box.current) return;
    const watch = new IntersectionObserver(seen => seen.some(one => one.isIntersecting) && setNear(true), {rootMargin: '200px'});
    watch.observe(box.current);
    return () => watch.disconnect();
  }, [near]);
  return (
    <div ref={box} class="lazy" style={near ? {} : {minHeight: `${height}px`}}>
      {near && children()}
    </div>
  );
}

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}

// A modal dialog; Escape and the button close it, and the focus goes back to where it was.
export function Dialog({title, onClose, children}: DialogProps) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    box.current?.showModal();
    return () => box.current?.close();
  }, []);
  return (
    <dialog ref={box} class="dialog" aria-label={title} onClose={onClose} onCancel={onClose}>
      <header>
        <h2>{title}</h2>
        <button type="button" class="plain" aria-label="Close" onClick={onClose}>
          ✕
        </button>
      </header>
      {children}
    </dialog>
  );
}

interface ActionProps {
  label: string;
  run: () => Promise<unknown>;
  danger?: boolean;
  disabled?: boolean;
}

// A button that says what went wrong beside it.
export function Action({label, run, danger, disabled}: ActionProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const act = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      await run();
    } catch (cause) {
      setError(cause as ApiError);
    }
    setBusy(false);
  };
  return (
    <>
      <button type="button" class={danger ? 'danger' : ''} disabled={busy || disabled} onClick={() => void act()}>
        {label}
      </button>
      <Problems error={error} />
    </>
  );
}

interface SelectProps {
  label: string;
  value: string;
  options: string[] | [string, string][];
  onChange: (value: string) => void;
}

export function Select({label, value, options, onChange}: SelectProps) {
  return (
    <label class="select">
      <span>{label}</span>
      <select value={value} onChange={event => onChange(event.currentTarget.value)}>
        {options.map(option => {
          const [of, text] = typeof option === 'string' ? [option, option] : option;
          return (
            <option key={of} value={of}>
              {text}
            </option>
          );
        })}
      </select>
    </label>
  );
}
