// Light or dark, and the colours of the charts (those of the page are in style.css).
import {computed, effect, signal} from '@preact/signals';

export type Choice = 'auto' | 'light' | 'dark';
const kKey = 'studyhall-theme';

const prefersDark = matchMedia('(prefers-color-scheme: dark)');
const systemDark = signal(prefersDark.matches);
prefersDark.addEventListener('change', () => (systemDark.value = prefersDark.matches));

export const choice = signal<Choice>((localStorage.getItem(kKey) as Choice | null) ?? 'auto');
export const dark = computed(() => (choice.value === 'auto' ? systemDark.value : choice.value === 'dark'));

effect(() => {
  localStorage.setItem(kKey, choice.value);
  document.documentElement.dataset.theme = dark.value ? 'dark' : 'light';
});

export interface Palette {
  ink: string;
  muted: string;
  line: string;
  surface: string;
  best: string;
  band: string;
  failed: string;
  infeasible: string;
  workers: string[];
  ramp: string[]; // from good to bad
}

const light: Palette = {
  ink: '#1c2733',
  muted: '#5c6b7a',
  line: '#e3e8ee',
  surface: '#ffffff',
  best: '#c2410c',
  band: 'rgba(194, 65, 12, 0.13)',
  failed: '#b42318',
  infeasible: '#9aa5b1',
  workers: ['#2a78d6', '#0f9d6c', '#d18700', '#7a5af8', '#d6409f', '#0e9cb3', '#8a5a2b', '#5b7c1f'],
  ramp: ['#08306b', '#1d5fa8', '#4a94c9', '#8cbfdf', '#c7dff0', '#eef4fa'],
};

const darkColours: Palette = {
  ink: '#e6edf3',
  muted: '#93a1b0',
  line: '#2a3441',
  surface: '#161d26',
  best: '#ff9b62',
  band: 'rgba(255, 155, 98, 0.16)',
  failed: '#ff7b72',
  infeasible: '#66727f',
  workers: ['#5aa2f0', '#33c48d', '#e9ac3b', '#a792ff', '#ef7fc3', '#3fc5da', '#c99464', '#a3c45e'],
  ramp: ['#f3f8ff', '#a9d2f5', '#5fa8e0', '#2f78b8', '#1d4d7c', '#14304d'],
};

// How the good end of the ramp looks.
export const strongest = computed(() => (dark.value ? 'brightest' : 'darkest'));

export const palette = computed(() => (dark.value ? darkColours : light));

// The same colour for a worker in every chart: by its place among all of them.
export function workerColour(worker: string, workers: string[]): string {
  const colours = palette.value.workers;
  const place = workers.indexOf(worker);
  return place < 0 ? palette.value.muted : colours[place % colours.length]!;
}
