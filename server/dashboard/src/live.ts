// One study as the page knows it: read once as columns, then kept up to date by the server's events.
import {computed, signal, type Signal} from '@preact/signals';
import {ApiError, get, inStudy} from './api';
import {directionsOf, merged, rowsOf, type Row} from './data';
import {follow, type Message} from './stream';
import {TrialRows} from './table';
import type {BestRow, Columns, Importance, StudyEvent, StudyInfo, Trial, WorkerInfo} from './types';

const kPoints = 3000;
const kEventsKept = 400;
const kGatherMs = 150;
// The leaderboard of a very long study is dear to the server.
const kLong = 20_000;
const kGatherLongMs = 500;
// Where a worker is within a trial is no event.
const kStagesMs = 10_000;
const kMostStages = 50;
const kMostSingly = 20;
const kMostAtOnce = 500;

// Kinds of events after which the leaderboard may be another.
const kMoves = new Set(['told', 'voided', 'edited', 'foreign', 'new_best', 'confirmed', 'refuted', 'candidate']);

// With very few repeated runs an interval has no end ("inf"): then there is none to draw.
const readable = (row: BestRow): BestRow => (row.interval?.every(Number.isFinite) ? row : {...row, interval: null});

export class LiveStudy {
  readonly info: Signal<StudyInfo | null> = signal(null);
  readonly rows: Signal<Row[]> = signal([]);
  readonly total = signal(0);
  readonly quantiles: Signal<number[][]> = signal([]);
  readonly intermediate: Signal<Columns['intermediate']> = signal({});
  readonly best: Signal<BestRow[]> = signal([]);
  readonly workers: Signal<WorkerInfo[]> = signal([]);
  readonly events: Signal<StudyEvent[]> = signal([]); // newest first
  readonly importance: Signal<Importance | null> = signal(null);
  readonly connected = signal(false);
  readonly fault: Signal<ApiError | null> = signal(null);
  readonly table: Signal<{all: TrialRows} | null> = signal(null); // another object after each change; null: not read yet
  readonly peopleChanged = signal(0); // counts what people did: insights, queue, tasks, questions
  readonly changes = signal(0); // counts the times at which it was caught up with the events
  readonly stages: Signal<Record<number, string>> = signal({}); // of running trials: where their workers are

  readonly directions = computed(() => (this.info.value ? directionsOf(this.info.value.spec) : ['minimize' as const]));
  // Names of workers, those of the study file first: the order of their colours.
  readonly workerNames = computed(() => {
    const names = new Set(Object.keys(this.info.value?.spec.workers ?? {}));
    for (const worker of this.workers.value) names.add(worker.worker);
    for (const row of this.rows.value) if (row.worker) names.add(row.worker);
    names.delete('');
    return [...names];
  });

  private readonly path: string;
  private readonly stopped = new AbortController();
  private touched = new Set<number>();
  private meanwhile: Row[] = []; // changed since the table's columns were asked for
  private stale = {best: false, info: false, workers: false};
  private timer: ReturnType<typeof setTimeout> | null = null;
  private stageTimer: ReturnType<typeof setTimeout> | null = null;
  private importanceAt = 0;

  constructor(readonly name: string) {
    this.path = inStudy(name);
    void this.start();
  }

  close(): void {
    this.stopped.abort();
    if (this.timer) clearTimeout(this.timer);
    if (this.stageTimer) clearTimeout(this.stageTimer);
  }

  private async start(): Promise<void> {
    try {
      const last = await this.load();
      void follow(`${this.path}/events`, last, this.stopped.signal, m => this.hear(m), on => (this.connected.value = on));
      const events = await get<{events: StudyEvent[]}>(`${this.path}/events?after=${Math.max(0, last - 100)}&limit=100`);
      void this.readStages();
      this.events.value = [...this.events.value, ...events.events.reverse().filter(one => !this.knows(one))];
    } catch (error) {
      this.fault.value = error as ApiError;
    }
  }

  private knows(event: StudyEvent): boolean {
    return this.events.value.some(one => one.sequence === event.sequence);
  }

  // Reads everything anew; the last event that is in it.
  private async load(): Promise<number> {
    const [info, columns, best, workers] = await Promise.all([
      get<StudyInfo>(this.path),
      get<Columns>(`${this.path}/columns?points=${kPoints}`),
      get<{best: BestRow[]}>(`${this.path}/best?top=20`),
      get<{workers: WorkerInfo[]}>(`${this.path}/workers`),
    ]);
    this.info.value = info;
    this.rows.value = rowsOf(columns);
    this.total.value = columns.trials;
    const whole = columns.columns.number.length === columns.trials;
    if (whole) this.table.value = {all: new TrialRows(columns)};
    else if (this.table.value) await this.loadTable();
    this.quantiles.value = columns.quantiles;
    this.intermediate.value = columns.intermediate;
    this.best.value = best.best.map(readable);
    this.workers.value = workers.workers;
    void this.readImportance();
    return columns.last_event;
  }

  // The charts do with a part of a very long study; a table that is sorted or filtered cannot.
  async loadTable(): Promise<void> {
    this.meanwhile = [];
    const all = new TrialRows(await get<Columns>(`${this.path}/columns?points=0`));
    all.put(this.meanwhile);
    this.table.value = {all};
  }

  // Dear on large studies, and moves slowly.
  private async readImportance(): Promise<void> {
    if (this.directions.value.length === 0) return;
    this.importanceAt = this.total.value;
    this.importance.value = await get<Importance>(`${this.path}/importance`).catch(() => null);
  }

  private hear(message: Message): void {
    if (message.event === 'end') {
      this.fault.value = new ApiError(404, 'not_found', `The study ${this.name} was deleted.`);
      return;
    }
    const event = JSON.parse(message.data) as StudyEvent;
    this.events.value = [event, ...this.events.value].slice(0, kEventsKept);
    const {number} = event.body;
    if (typeof number === 'number') this.touched.add(number);
    if (event.kind === 'edited') this.touched.clear();
    this.stale.info = true;
    if (kMoves.has(event.kind)) this.stale.best = true;
    this.stale.workers = true;
    if (/insight|task|queue|asked|void|question|topic/.test(event.kind)) this.peopleChanged.value++;
    this.timer ??= setTimeout(() => void this.catchUp(event.kind === 'edited'), this.gatherMs());
  }

  private gatherMs(): number {
    return this.total.value > kLong ? kGatherLongMs : kGatherMs;
  }

  private async catchUp(all: boolean): Promise<void> {
    const touched = [...this.touched].sort((a, b) => a - b);
    const stale = this.stale;
    this.touched = new Set();
    this.stale = {best: false, info: false, workers: false};
    try {
      const tooMany = touched.length > kMostSingly && touched.at(-1)! - touched[0]! >= kMostAtOnce;
      if (all || tooMany || this.rows.value.length > 3 * kPoints) {
        await this.load();
      } else {
        await Promise.all([
          this.readTrials(touched),
          stale.info && get<StudyInfo>(this.path).then(info => (this.info.value = info)),
          stale.best && get<{best: BestRow[]}>(`${this.path}/best?top=20`).then(({best}) => (this.best.value = best.map(readable))),
          stale.workers && get<{workers: WorkerInfo[]}>(`${this.path}/workers`).then(a => (this.workers.value = a.workers)),
        ]);
        if (this.total.value > 1.1 * this.importanceAt + 2) void this.readImportance();
      }
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) this.fault.value = error;
    }
    this.changes.value++;
    this.timer = null;
    if (this.touched.size || this.stale.info) this.timer = setTimeout(() => void this.catchUp(false), this.gatherMs());
  }

  private async readStages(): Promise<void> {
    const running = this.info.value?.counts.running ?? 0;
    if (running && !document.hidden) {
      const answer = await get<{trials: Trial[]}>(`${this.path}/trials?state=running&fields=stage&limit=${kMostStages}`).catch(() => null);
      if (answer) this.stages.value = Object.fromEntries(answer.trials.filter(one => one.stage).map(one => [one.number, one.stage!]));
    }
    if (!this.stopped.signal.aborted) this.stageTimer = setTimeout(() => void this.readStages(), kStagesMs);
  }

  private async readTrials(numbers: number[]): Promise<void> {
    if (!numbers.length) return;
    const first = numbers[0]!;
    const span = numbers.at(-1)! - first + 1;
    const trials =
      span <= kMostAtOnce
        ? (await get<{trials: Trial[]}>(`${this.path}/trials?after=${first - 1}&limit=${span}`)).trials
        : await Promise.all(numbers.map(number => get<Trial>(`${this.path}/trials/${number}`)));
    const wanted = new Set(numbers);
    const changed = trials.filter(trial => wanted.has(trial.number));
    const results = changed.filter(trial => trial.state === 'complete');
    this.rows.value = merged(this.rows.value, changed);
    const now = new Set(changed.map(trial => trial.number));
    const fresh = this.rows.value.filter(row => now.has(row.number));
    this.meanwhile.push(...fresh);
    if (this.table.value) {
      const {all} = this.table.value;
      all.put(fresh);
      this.table.value = {all};
    }
    this.total.value = Math.max(this.total.value, numbers.at(-1)! + 1);
    if (results.length && this.rows.value.length === this.total.value) this.recount();
    const reports = changed.filter(trial => trial.intermediate);
    if (reports.length) {
      const steps = {...this.intermediate.value};
      for (const trial of reports) {
        steps[trial.number] = Object.entries(trial.intermediate!).map(([step, value]) => [Number(step), value]);
      }
      this.intermediate.value = steps;
    }
  }

  // The distribution from the rows themselves, while all are there.
  private recount(): void {
    this.quantiles.value = this.directions.value.map((_, k) =>
      this.rows.value
        .filter(row => row.state === 'complete' && row.values[k] != null)
        .map(row => row.values[k]!)
        .sort((a, b) => a - b),
    );
  }
}
