// Adding a trial to the queue by hand.
import {useState} from 'preact/hooks';
import {ApiError, inStudy, post} from '../api';
import {value} from '../format';
import type {LiveStudy} from '../live';
import {Problems} from '../parts/ui';
import type {ParamSpec} from '../types';

function parse(text: string, spec: ParamSpec): unknown {
  if (spec.type !== 'categorical') return Number(text);
  return spec.choices?.find(choice => JSON.stringify(choice) === text);
}

export function Enqueue({study}: {study: LiveStudy}) {
  const params = study.info.value!.spec.params;
  const [given, setGiven] = useState<Record<string, string>>({});
  const [priority, setPriority] = useState('0');
  const [title, setTitle] = useState('');
  const [hold, setHold] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const [said, setSaid] = useState('');
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setError(null);
    setSaid('');
    const chosen = Object.fromEntries(Object.entries(given).filter(([, text]) => text !== '').map(([name, text]) => [name, parse(text, params[name]!)]));
    try {
      const answer = await post<{numbers: number[]; already: boolean}>(`${inStudy(study.name)}/enqueue`, {
        params: chosen,
        priority: Number(priority),
        ...(title.trim() && {title: title.trim()}),
        ...(hold && {hold}),
      });
      setSaid(answer.already ? `Trial ${answer.numbers[0]} has this configuration already.` : `Enqueued as trial ${answer.numbers.join(', ')}.`);
      setGiven({});
      setTitle('');
    } catch (cause) {
      setError(cause as ApiError);
    }
  };
  return (
    <form class="card enqueue" aria-labelledby="enqueue" onSubmit={event => void send(event)}>
      <div class="card-head">
        <div>
          <h3 id="enqueue">Enqueue a trial</h3>
          <p class="summary">What is left empty the sampler chooses.</p>
        </div>
      </div>
      <div class="fields">
        {Object.entries(params).map(([name, spec]) => (
          <label key={name}>
            <span>{name}</span>
            {spec.type === 'categorical' ? (
              <select value={given[name] ?? ''} onChange={event => setGiven({...given, [name]: event.currentTarget.value})}>
                <option value="">the sampler's</option>
                {(spec.choices ?? []).map(choice => (
                  <option key={JSON.stringify(choice)} value={JSON.stringify(choice)}>
                    {value(choice)}
                  </option>
                ))}
              </select>
            ) : (
              <input
                inputMode="decimal"
                placeholder={`${spec.low} to ${spec.high}`}
                value={given[name] ?? ''}
                onInput={event => setGiven({...given, [name]: event.currentTarget.value})}
              />
            )}
          </label>
        ))}
        <label>
          <span>priority</span>
          <input inputMode="decimal" value={priority} onInput={event => setPriority(event.currentTarget.value)} />
        </label>
        <label>
          <span>title</span>
          <input value={title} placeholder="what for" onInput={event => setTitle(event.currentTarget.value)} />
        </label>
        <label class="check low">
          <input type="checkbox" checked={hold} onChange={event => setHold(event.currentTarget.checked)} /> hold for approval
        </label>
      </div>
      <Problems error={error} />
      {said && <p role="status">{said}</p>}
      <footer>
        <button type="submit" class="primary">
          Enqueue
        </button>
      </footer>
    </form>
  );
}
