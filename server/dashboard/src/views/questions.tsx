// What agents ask of people, and answering.
import {useEffect, useState} from 'preact/hooks';
import {get, inStudy, post} from '../api';
import {ago, plural} from '../format';
import type {LiveStudy} from '../live';
import {Action, State} from '../parts/ui';
import {href, place} from '../router';
import type {Question} from '../types';

export function useQuestions(study: LiveStudy): Question[] | null {
  const [questions, setQuestions] = useState<Question[] | null>(null);
  useEffect(() => {
    void get<{questions: Question[]}>(`${inStudy(study.name)}/questions`).then(
      answer => setQuestions(answer.questions),
      () => setQuestions([]),
    );
  }, [study, study.peopleChanged.value]);
  return questions;
}

const whose = (one: Question) =>
  one.trial !== undefined ? <a href={href({...place.value, trial: one.trial})}>trial {one.trial}</a> : <>task {one.task}</>;

export function Questions({study}: {study: LiveStudy}) {
  const questions = useQuestions(study) ?? [];
  const open = questions.filter(one => one.state === 'open');
  const others = questions.filter(one => one.state !== 'open').reverse();
  return (
    <div class="stack">
      <section class="card" aria-labelledby="open-questions">
        <div class="card-head">
          <div>
            <h3 id="open-questions">Questions</h3>
            <p class="summary">
              {open.length ? `${plural(open.length, 'run')} wait${open.length === 1 ? 's' : ''} for your answer; the workers go on with others.` : 'No agent waits for an answer.'}
            </p>
          </div>
        </div>
        <ul class="questions">
          {open.map(one => (
            <li key={one.id}>
              <OneQuestion study={study} question={one} />
            </li>
          ))}
        </ul>
      </section>
      {others.length > 0 && (
        <section class="card" aria-labelledby="answered">
          <div class="card-head">
            <h3 id="answered">Answered before</h3>
          </div>
          <ul class="questions">
            {others.map(one => (
              <li key={one.id}>
                <OneQuestion study={study} question={one} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

export function OneQuestion({study, question}: {study: LiveStudy; question: Question}) {
  const [text, setText] = useState('');
  const id = `answer-${question.id}`;
  return (
    <>
      <p class="note">
        {question.worker || 'somebody'}, {whose(question)}, {ago(question.asked)} {question.state === 'moot' && <State of="moot" />}
      </p>
      <p class="asked">{question.text}</p>
      {question.state === 'answered' && (
        <p class="answer">
          {question.answer}
          <span class="note">
            {' '}
            · {question.author}, {ago(question.answered)}
          </span>
        </p>
      )}
      {question.state === 'open' && (
        <div class="inline-form">
          <label for={id}>
            <span>Answer</span>
            <textarea id={id} rows={2} value={text} onInput={event => setText(event.currentTarget.value)} />
          </label>
          <Action label="Answer" disabled={!text.trim()} run={() => post(`${inStudy(study.name)}/questions/${question.id}/answer`, {text: text.trim()})} />
        </div>
      )}
    </>
  );
}
