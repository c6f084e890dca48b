// The plots that Optuna's users know, by the names they know.
import type {ECharts} from 'echarts/core';
import {useEffect, useMemo, useState} from 'preact/hooks';
import {get, inStudy} from '../api';
import {contourOption, parallelOption, rankOption, results, sliceOption, type ParamInput} from '../charts/params';
import {edfOption, importanceOption, intermediateOption} from '../charts/results';
import {number} from '../format';
import type {LiveStudy} from '../live';
import {Chart} from '../parts/chart';
import {Lazy, Select} from '../parts/ui';
import {go, place} from '../router';
import {palette, strongest} from '../theme';
import type {Importance} from '../types';
import {ImportanceCard, ObjectiveSelect, ParetoFront, showTrialOf} from './overview';

export function Plots({study}: {study: LiveStudy}) {
  const [objective, setObjective] = useState(0);
  const rows = study.rows.value;
  const params = study.info.value!.spec.params;
  const input: ParamInput = useMemo(
    () => ({rows, params, direction: study.directions.value[objective]!, objective, quantiles: study.quantiles.value[objective] ?? []}),
    [rows, params, objective, study.quantiles.value],
  );
  const workers = Object.keys(study.info.value!.spec.workers ?? {});
  return (
    <>
      {study.directions.value.length > 1 && (
        <div class="view-controls">
          <ObjectiveSelect study={study} objective={objective} onChange={setObjective} />
        </div>
      )}
      <div class="grid even">
        {study.directions.value.length > 1 && (
          <div class="span-2">
            <ParetoFront study={study} />
          </div>
        )}
        <div class="span-2">
          <ParallelCoordinate input={input} />
        </div>
        <ImportanceCard study={study} />
        {workers.length > 0 ? <FocusImportance study={study} workers={workers} /> : <Distribution study={study} />}
        <div class="span-2">
          <Slices input={input} />
        </div>
        <Lazy height={420}>{() => <Pair input={input} kind="contour" study={study} />}</Lazy>
        <Lazy height={420}>{() => <Pair input={input} kind="rank" study={study} />}</Lazy>
        {workers.length > 0 && <Lazy height={380}>{() => <Distribution study={study} />}</Lazy>}
        <Lazy height={380}>{() => <Intermediate study={study} />}</Lazy>
      </div>
    </>
  );
}

function ParallelCoordinate({input}: {input: ParamInput}) {
  const option = useMemo(() => parallelOption(input), [input, palette.value]);
  const [chosen, setChosen] = useState<number[] | null>(null);
  const brushed = (chart: ECharts): void => {
    // Not in the published types: the rows that lie within every brushed stretch.
    const series = (chart as unknown as {getModel(): {getSeriesByIndex(i: number): {getRawIndicesByActiveState(state: string): number[]; getData(): {getRawDataItem(i: number): {row: {number: number}}}}}})
      .getModel()
      .getSeriesByIndex(0);
    const active = series.getRawIndicesByActiveState('active');
    setChosen(active.length ? active.map(i => series.getData().getRawDataItem(i).row.number) : null);
  };
  const done = results(input).length;
  return (
    <Chart
      title="Parallel coordinate"
      summary={
        chosen
          ? `${chosen.length.toLocaleString('en')} trials in the brushed ranges${chosen.length <= 8 ? `: ${chosen.join(', ')}` : ''}. Click an axis to take a brush away.`
          : `${done.toLocaleString('en')} trials, the ${strongest.value} are the best. Drag along an axis to brush it.`
      }
      option={option}
      height={360}
      minWidth={110 * (Object.keys(input.params).length + 1)}
      points={done}
      onAxisSelected={brushed}
    />
  );
}

function FocusImportance({study, workers}: {study: LiveStudy; workers: string[]}) {
  const [worker, setWorker] = useState(workers[0]!);
  const [of, setOf] = useState<Importance | null>(null);
  useEffect(() => {
    let stop = false;
    void get<Importance>(`${inStudy(study.name)}/importance?worker=${encodeURIComponent(worker)}`)
      .then(answer => !stop && setOf(answer))
      .catch(() => setOf(null));
    return () => {
      stop = true;
    };
  }, [worker, study.importance.value]);
  const option = useMemo(() => (of ? importanceOption(of) : null), [of, palette.value]);
  return (
    <Chart
      title="Importance within a focus"
      summary={of ? `Over the ${of.trials.toLocaleString('en')} trials within ${worker}'s ranges, of the parameters that it moves.` : ''}
      option={option}
      height={Math.max(70, 28 * (of?.importance.length ?? 0) + 10)}
      points={of?.importance.length}
      controls={<Select label="Worker" value={worker} options={workers} onChange={setWorker} />}
    />
  );
}

function Slices({input}: {input: ParamInput}) {
  const names = Object.keys(input.params);
  return (
    <section class="card" aria-labelledby="slice">
      <div class="card-head">
        <div>
          <h3 id="slice">Slice</h3>
          <p class="summary">Objective value by each parameter; the {strongest.value} trials are the newest.</p>
        </div>
      </div>
      <div class="slices">
        {names.map(name => (
          <Lazy key={name} height={260}>
            {() => <Slice input={input} name={name} />}
          </Lazy>
        ))}
      </div>
    </section>
  );
}

function Slice({input, name}: {input: ParamInput; name: string}) {
  const option = useMemo(() => sliceOption(input, name), [input, name, palette.value]);
  return <Chart title={name} summary="" option={option} height={220} empty="No result with it." points={results(input).filter(row => row.params[name] !== undefined).length} onClick={showTrialOf} />;
}

function Pair({input, kind, study}: {input: ParamInput; kind: 'contour' | 'rank'; study: LiveStudy}) {
  const names = Object.keys(input.params);
  const important = (study.importance.value?.importance ?? []).map(one => one.name);
  const [chosen, setChosen] = useState<{x: string; y: string} | null>(null);
  const {x, y} = chosen ?? {x: important[0] ?? names[0]!, y: important[1] ?? names.find(name => name !== (important[0] ?? names[0])) ?? names[0]!};
  const option = useMemo(() => (x === y ? null : kind === 'contour' ? contourOption(input, x, y) : rankOption(input, x, y)), [input, x, y, kind, palette.value]);
  const words = kind === 'contour' ? `Rank of the objective between the trials (dots): the ${strongest.value} regions are the best.` : `Each trial by its rank: the ${strongest.value} are the best.`;
  return (
    <Chart
      title={kind === 'contour' ? 'Contour' : 'Rank'}
      summary={`${words} ${x} against ${y}.`}
      option={option}
      empty={x === y ? 'Choose two different parameters.' : 'Needs a few results with both parameters.'}
      height={340}
      points={option ? results(input).length : 0}
      onClick={showTrialOf}
      controls={
        <>
          <Select label="x" value={x} options={names} onChange={to => setChosen({x: to, y})} />
          <Select label="y" value={y} options={names} onChange={to => setChosen({x, y: to})} />
        </>
      }
    />
  );
}

function Distribution({study}: {study: LiveStudy}) {
  const quantiles = study.quantiles.value;
  const option = useMemo(() => edfOption(quantiles), [quantiles, palette.value]);
  const of = quantiles[0] ?? [];
  return (
    <Chart
      title="Empirical distribution function"
      summary={of.length ? `Half of the results are at or below ${number(of[Math.floor((of.length - 1) / 2)], 4)}.` : ''}
      option={option}
      height={300}
      points={of.length}
    />
  );
}

function Intermediate({study}: {study: LiveStudy}) {
  const steps = study.intermediate.value;
  const option = useMemo(() => intermediateOption(steps, study.rows.value, study.workerNames.value), [steps, study.rows.value, palette.value]);
  const count = Object.keys(steps).length;
  return (
    <Chart
      title="Intermediate values"
      summary={`${count} trials that reported; dashed ones were pruned.`}
      option={option}
      empty="No trial has reported an intermediate value."
      height={300}
      points={count}
      onClick={data => {
        const row = (data as {row?: {number: number}}).row;
        if (row) go({...place.value, trial: row.number});
      }}
    />
  );
}
