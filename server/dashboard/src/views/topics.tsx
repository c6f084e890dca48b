// Topics: ideas that several trials follow, one after another, and what came of them.
import {useEffect, useState} from 'preact/hooks';
import {get, inStudy} from '../api';
import {ago, number, plural, value} from '../format';
import type {LiveStudy} from '../live';
import {State} from '../parts/ui';
import {href, place} from '../router';
import type {Topic} from '../types';

export function Topics({study}: {study: LiveStudy}) {
  const [topics, setTopics] = useState<Topic[]>([]);
  useEffect(() => {
    void get<{topics: Topic[]}>(`${inStudy(study.name)}/topics`).then(answer => setTopics(answer.topics.reverse()), () => {});
  }, [study, study.changes.value]);
  if (!topics.length) return null;
  const open = topics.filter(topic => topic.open).length;
  return (
    <section class="card" aria-labelledby="topics">
      <div class="card-head">
        <div>
          <h3 id="topics">Topics</h3>
          <p class="summary">
            Ideas that several trials follow, each going on from the last: {open} open of {topics.length}.
          </p>
        </div>
      </div>
      <ul class="topics">
        {topics.map(topic => (
          <li key={topic.name} class={topic.open ? '' : 'ended'}>
            <div class="topic-head">
              <strong>{topic.name}</strong> {topic.family && <span class="tag">{topic.family}</span>}
              <State of={topic.open ? 'open' : 'ended'} />
              <span class="grow" />
              {topic.best_value != null && (
                <span>
                  best <strong>{number(topic.best_value)}</strong>
                  {topic.best_number != null && (
                    <>
                      {' '}
                      (<a href={href({...place.value, trial: topic.best_number})}>trial {topic.best_number}</a>)
                    </>
                  )}
                </span>
              )}
            </div>
            {topic.hypothesis && <p>{topic.hypothesis}</p>}
            {topic.success && <p class="note">It holds if: {topic.success}</p>}
            <p class="note">
              {plural(topic.numbers.length, 'trial')}
              {': '}
              {topic.numbers.slice(0, 12).map((one, i) => (
                <>
                  {i > 0 && ', '}
                  <a href={href({...place.value, trial: one})}>{one}</a>
                </>
              ))}
              {topic.numbers.length > 12 && ' …'}
              {topic.worker && ` · ${topic.worker} is on it`}
              {` · by ${topic.author || 'user'}, ${ago(topic.created)}`}
            </p>
            {Object.keys(topic.params).length > 0 && (
              <p class="params">
                {Object.entries(topic.params)
                  .map(([name, of]) => `${name}=${value(of)}`)
                  .join('  ')}
              </p>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
