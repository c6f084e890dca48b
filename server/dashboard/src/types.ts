// What the API answers, as far as the page reads it.

export type Direction = 'minimize' | 'maximize';

export interface ParamSpec {
  type: 'float' | 'int' | 'categorical';
  low?: number;
  high?: number;
  log?: boolean;
  step?: number;
  choices?: unknown[];
  ordered?: boolean;
  when?: Record<string, unknown[]>;
}

export interface StudyFile {
  name: string;
  direction?: Direction;
  directions?: Direction[];
  objectives?: string[];
  params: Record<string, ParamSpec>;
  workers?: Record<string, {focus?: unknown}>;
  target?: number | null;
  [member: string]: unknown;
}

export interface BudgetUse {
  worker?: string;
  limit: string;
  used: number;
  reserved: number;
  of: number;
  left: number;
}

export interface StudyInfo {
  name: string;
  state: 'running' | 'stopped' | 'finished';
  finished_because?: string;
  counts: Record<string, number>;
  tasks?: Record<string, number>;
  best_number: number | null;
  best_value: number | null;
  front_size?: number;
  created: string;
  last_event: number;
  budget: BudgetUse[];
  running_workers: string[];
  sparkline?: number[];
  open_questions?: number;
  proposals?: Proposals[];
  spec: StudyFile;
}

// Results that one author proposed, beside those that the sampler suggested.
export interface Proposals {
  author: string;
  trials: number;
  best_number?: number;
  best_value?: number;
  beats_sampler?: number;
}

export interface QueueItem {
  kind: 'trial' | 'task';
  number: number;
  title: string;
  priority: number;
  tags: string[];
  params?: Record<string, unknown>;
  hold?: boolean;
  wave?: number;
  for?: string;
  needs?: string[];
  topic?: string;
  author?: string;
  after_trials: number[];
  after_tasks: number[];
  retried?: boolean;
  ready: boolean;
  waits_for: {why: string; text: string}[];
}

export interface Topic {
  name: string;
  family: string;
  hypothesis: string;
  success: string;
  params: Record<string, unknown>;
  numbers: number[];
  open: boolean;
  worker: string;
  best_value?: number;
  best_number?: number;
  author: string;
  created: string;
}

export interface Question {
  id: number;
  trial?: number;
  task?: number;
  worker: string;
  text: string;
  asked: string;
  state: 'open' | 'answered' | 'moot';
  answer?: string;
  answered?: string;
  author?: string;
}

export interface BestRow {
  rank: number;
  number: number;
  params: Record<string, unknown>;
  worker: string;
  value: number;
  values?: number[];
  mean: number | null;
  stderr: number | null;
  interval: [number, number] | null;
  n: number;
  p_best: number | null;
  p_feasible?: number | null;
  confirmed: boolean;
  feasible: boolean;
  raw_best: boolean;
  older?: boolean;
  outside?: boolean;
}

export interface Trial {
  number: number;
  state: string;
  value?: number;
  values?: number[];
  params: Record<string, unknown>;
  feasible: boolean;
  outside?: boolean;
  metrics: Record<string, number>;
  intermediate?: Record<string, number>;
  started?: string;
  completed?: string;
  lease_expires?: string;
  parked_until?: string;
  worker?: string;
  purpose?: string;
  attempt?: number;
  sampler?: string;
  reason?: string | null;
  note?: string;
  usage?: Record<string, number>;
  earlier?: {usage?: Record<string, number>; worker: string}[];
  evidence?: unknown;
  priority?: number;
  tags?: string[];
  after?: number[];
  after_tasks?: number[];
  title?: string;
  description?: string;
  stage?: string;
  author?: string;
  topic?: string;
  [member: string]: unknown;
}

export interface WorkerInfo {
  worker: string; // empty: all who asked without a name
  first_ask: string;
  running: number;
  done: number;
  failures: number;
  quarantined_until?: string | null;
  tasks?: number;
}

export interface StudyEvent {
  sequence: number;
  time: string;
  author: string;
  kind: string;
  body: Record<string, unknown>;
}

export interface Importance {
  importance: {name: string; importance: number; variance: number; trials: number}[];
  trials: number;
  target_trials: number;
  informative: boolean;
}

export interface Insight {
  id: number;
  text: string;
  author: string;
  trial?: number | null;
  created: string;
  retired: boolean;
}

export interface Artifact {
  name: string;
  type: string;
  bytes: number;
  created: string;
}

export interface Task {
  number: number;
  state: string;
  title: string;
  priority: number;
  tags: string[];
  after: number[];
  after_trials?: number[];
  worker?: string;
  stage?: string;
}

export interface Columns {
  trials: number;
  last_event: number;
  names: Record<'state' | 'worker' | 'purpose' | 'sampler' | 'reason', string[]>;
  columns: {
    number: number[];
    state: number[];
    worker: number[];
    purpose: number[];
    sampler: number[];
    reason: number[];
    attempt: number[];
    feasible: number[];
    outside: number[];
    started: (number | null)[];
    completed: (number | null)[];
    cost_usd: number[];
    values: (number | null)[][];
    params: Record<string, unknown[]>;
    metrics: Record<string, (number | null)[]>;
  };
  intermediate: Record<string, [number, number | null][]>;
  quantiles: number[][];
}
