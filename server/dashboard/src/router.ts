// Which view the address names: /, /studies/NAME, /studies/NAME/VIEW, with ?trial=N for the drawer.
import {computed, signal} from '@preact/signals';

const address = signal(location.pathname + location.search);
window.addEventListener('popstate', () => (address.value = location.pathname + location.search));

export interface Place {
  study: string; // empty: the list
  view: string; // empty: the overview
  trial: number | null;
}

export const place = computed<Place>(() => {
  const url = new URL(address.value, location.origin);
  const [, first, study = '', view = ''] = url.pathname.split('/');
  const trial = url.searchParams.get('trial');
  if (first !== 'studies') return {study: '', view: '', trial: null};
  return {study: decodeURIComponent(study), view, trial: trial === null ? null : Number(trial)};
});

export function href(to: Partial<Place>): string {
  if (!to.study) return '/';
  const path = `/studies/${encodeURIComponent(to.study)}${to.view ? `/${to.view}` : ''}`;
  return to.trial == null ? path : `${path}?trial=${to.trial}`;
}

export function go(to: Partial<Place>, replace = false): void {
  const target = href(to);
  if (replace) history.replaceState(null, '', target);
  else history.pushState(null, '', target);
  address.value = target;
}

export const showTrial = (trial: number | null): void => go({...place.value, trial});

// Links inside the page change the view without loading it anew.
document.addEventListener('click', event => {
  const link = (event.target as Element | null)?.closest?.('a');
  if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  if (link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
  if (link.pathname !== '/' && !link.pathname.startsWith('/studies/')) return;
  event.preventDefault();
  history.pushState(null, '', link.href);
  address.value = link.pathname + link.search;
});
