// Numbers, times and values as people read them.

export function number(value: unknown, digits = 5): string {
  if (value === null || value === undefined) return '–';
  if (typeof value !== 'number') return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return value.toLocaleString('en');
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return value.toExponential(Math.max(0, digits - 2));
  return String(Number(value.toPrecision(digits)));
}

export function value(of: unknown): string {
  if (of === null || of === undefined) return '–';
  return typeof of === 'number' ? number(of) : typeof of === 'string' ? of : JSON.stringify(of);
}

export function percent(share: number): string {
  return share > 0 && share < 0.001 ? '<0.1 %' : `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}

export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 90) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${(seconds / 3600).toFixed(1)} h`;
  return `${(seconds / 86400).toFixed(1)} d`;
}

export function ago(time: string | number | null | undefined, now = Date.now()): string {
  if (time == null) return '–';
  const seconds = (now - new Date(time).getTime()) / 1000;
  return seconds < 5 ? 'just now' : `${duration(seconds)} ago`;
}

export function clock(time: string | number | null | undefined): string {
  return time == null ? '–' : new Date(time).toLocaleString('en-GB', {dateStyle: 'medium', timeStyle: 'medium'});
}

export function bytes(count: number): string {
  return count < 1000 ? `${count} B` : count < 1e6 ? `${(count / 1000).toFixed(1)} kB` : `${(count / 1e6).toFixed(1)} MB`;
}

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
