// All trials of a study for its table, column by column: found and sorted without making a row of each.
import {rowReader, type Row} from './data';
import type {Columns} from './types';

type Reader = (place: number) => unknown;

const kNamed = ['state', 'worker', 'purpose', 'sampler', 'reason'] as const;
type Named = (typeof kNamed)[number];

// Keys of texts, above all numbers of use; the step is twice what a double resolves there.
const kFirstText = 2 ** 1023;
const kTextStep = 2 ** 972;

// What a row has under the name of a column, a parameter or a metric.
export function cellOf(row: Row, name: string): unknown {
  if (name === 'value') return row.values[0];
  if (/^value\d+$/.test(name)) return row.values[Number(name.slice(5))];
  if (name === 'duration') return row.started !== null && row.completed !== null ? row.completed - row.started : null;
  if (name in row.params) return row.params[name];
  if (name in row.metrics) return row.metrics[name];
  return (row as unknown as Record<string, unknown>)[name];
}

// Trials are known by their places, from 0 in the order of their numbers.
export class TrialRows {
  private readonly changed = new Map<number, Row>(); // by place: they differ from the columns or stand after them
  private readonly places = new Map<number, number>(); // of the numbers after those of the columns
  private readonly read: (place: number) => Row;
  private count: number;

  constructor(private readonly from: Columns) {
    this.read = rowReader(from);
    this.count = from.columns.number.length;
  }

  get size(): number {
    return this.count;
  }

  row(place: number): Row {
    return this.changed.get(place) ?? this.read(place);
  }

  // The trials as they are now; new ones come in the order of their numbers.
  put(rows: Row[]): void {
    for (const row of rows) {
      let place = this.places.get(row.number) ?? this.placeInColumns(row.number);
      if (place < 0) {
        place = this.count++;
        this.places.set(row.number, place);
      }
      this.changed.set(place, row);
    }
  }

  // The places of the trials that the filter lets through, in the order of the column `by`; those without come last.
  //
  // A filter is terms with spaces between, all of which must hold: "x>0.3", "worker=W1", "state!=failed"; one without an operator
  // is looked for in the worker, the state, the sampler and the parameters.
  find(filter: string, by: string, descending: boolean): Int32Array {
    const tests = filter.trim().split(/\s+/).filter(Boolean).map(term => this.test(term));
    const found = new Int32Array(this.count);
    let n = 0;
    for (let place = 0; place < this.count; ++place) if (tests.every(test => test(place))) found[n++] = place;
    return this.sorted(found.subarray(0, n), by, descending);
  }

  private sorted(places: Int32Array, by: string, descending: boolean): Int32Array {
    if (by === 'number') return descending ? places.reverse() : places;
    const keys = this.keys(places, by);
    const sign = descending ? -1 : 1;
    return places.sort((a, b) => {
      const first = keys[a]!;
      const second = keys[b]!;
      if (first === second) return a - b;
      if (Number.isNaN(first) || Number.isNaN(second)) return Number(Number.isNaN(first)) - Number(Number.isNaN(second)) || a - b;
      return sign * (first - second);
    });
  }

  // A number for each place that sorts as its cell does: numbers before texts, texts by their rank; NaN: no cell.
  private keys(places: Int32Array, by: string): Float64Array {
    const read = this.reader(by);
    const keys = new Float64Array(this.count).fill(Number.NaN);
    const texts = new Map<string, number>();
    for (const place of places) {
      const cell = read(place);
      if (typeof cell === 'number') keys[place] = cell;
      else if (cell != null) texts.set(String(cell), 0);
    }
    if (!texts.size) return keys;
    const {compare} = new Intl.Collator();
    [...texts.keys()].sort(compare).forEach((text, rank) => texts.set(text, rank));
    for (const place of places) {
      const cell = read(place);
      if (cell != null && typeof cell !== 'number') keys[place] = kFirstText + texts.get(String(cell))! * kTextStep;
    }
    return keys;
  }

  private test(term: string): (place: number) => boolean {
    const parts = /^([^<>=!]+)(<=|>=|!=|=|<|>)(.*)$/.exec(term);
    if (!parts) return this.contains(term.toLowerCase());
    const [, name = '', operator = '', wanted = ''] = parts;
    const read = this.reader(name);
    return place => compare(read(place), operator, wanted);
  }

  private contains(wanted: string): (place: number) => boolean {
    const has = (cell: unknown): boolean => cell != null && String(cell).toLowerCase().includes(wanted);
    const readers = ['worker', 'state', 'sampler', ...Object.keys(this.from.columns.params)].map(name => this.reader(name));
    return place => readers.some(read => has(read(place)));
  }

  private reader(name: string): Reader {
    const base = this.column(name);
    if (!this.changed.size) return base;
    return place => {
      const row = this.changed.get(place);
      return row ? cellOf(row, name) : base(place);
    };
  }

  private column(name: string): Reader {
    const {columns, names} = this.from;
    if (name === 'value') return place => columns.values[0]![place];
    const objective = /^value(\d+)$/.exec(name);
    if (objective) return place => columns.values[Number(objective[1])]?.[place];
    if (name === 'duration') {
      return place => {
        const begin = columns.started[place];
        const end = columns.completed[place];
        return begin == null || end == null ? null : end - begin;
      };
    }
    const own = columns.params[name] ?? columns.metrics[name];
    if (own) return place => own[place];
    if (name === 'feasible' || name === 'outside') return place => columns[name][place] === 1;
    if (name === 'cost') return place => columns.cost_usd[place];
    if ((kNamed as readonly string[]).includes(name)) return place => names[name as Named][columns[name as Named][place]!] ?? '';
    if (name === 'number' || name === 'attempt' || name === 'started' || name === 'completed') return place => columns[name][place];
    return () => undefined;
  }

  private placeInColumns(number: number): number {
    const numbers = this.from.columns.number;
    let low = 0;
    let high = numbers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (numbers[middle]! < number) low = middle + 1;
      else high = middle;
    }
    return numbers[low] === number ? low : -1;
  }
}

function compare(found: unknown, operator: string, wanted: string): boolean {
  if (operator === '=' || operator === '!=') {
    const same = typeof found === 'number' ? found === Number(wanted) : String(found ?? '') === wanted;
    return same === (operator === '=');
  }
  if (typeof found !== 'number' || wanted === '' || Number.isNaN(Number(wanted))) return false;
  const difference = found - Number(wanted);
  return operator === '<' ? difference < 0 : operator === '>' ? difference > 0 : operator === '<=' ? difference <= 0 : difference >= 0;
}
