// The frame of every view: head line, theme, and the question for a token.
import {useEffect, useState} from 'preact/hooks';
import {isGood, reachable, setToken, tokenWanted} from './api';
import {place} from './router';
import {choice, type Choice} from './theme';
import {StudiesView} from './views/studies';
import {StudyView} from './views/study';

const kNext: Record<Choice, Choice> = {auto: 'light', light: 'dark', dark: 'auto'};
const kSigns: Record<Choice, string> = {auto: '◐', light: '☀', dark: '☾'};

export function App() {
  const {study} = place.value;
  useEffect(() => {
    document.title = study ? `${study} · Studyhall` : 'Studyhall';
  }, [study]);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href="/">
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <path d="M6 9v7h6v5h6v3h8" />
            <circle cx="26" cy="24" r="2.6" />
          </svg>
          Studyhall
        </a>
        {study && (
          <nav aria-label="Where you are">
            <span aria-hidden="true">/</span> <a href={`/studies/${encodeURIComponent(study)}`}>{study}</a>
          </nav>
        )}
        <span class="grow" />
        {!reachable.value && (
          <span class="state state-failed" role="status">
            server not reached
          </span>
        )}
        <button
          type="button"
          class="plain theme"
          aria-label={`Colours: ${choice.value}. Change`}
          title={`Colours: ${choice.value}`}
          onClick={() => (choice.value = kNext[choice.value])}
        >
          {kSigns[choice.value]}
        </button>
      </header>
      <main id="main" tabIndex={-1}>
        {tokenWanted.value ? <TokenForm /> : study ? <StudyView key={study} name={study} /> : <StudiesView />}
      </main>
    </>
  );
}

function TokenForm() {
  const [refused, setRefused] = useState(false);
  const take = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const field = (event.currentTarget as HTMLFormElement).elements.namedItem('token') as HTMLInputElement;
    const taken = await isGood(field.value.trim());
    setRefused(!taken);
    if (taken) setToken(field.value.trim());
  };
  return (
    <form class="card token" onSubmit={event => void take(event)}>
      <h1>This server asks for a token</h1>
      <p class="muted">
        <code>study token create</code> makes one. It is kept for this tab only and sent with each request.
      </p>
      <label>
        <span>Token</span>
        <input name="token" type="password" autocomplete="off" placeholder="sh_…" required />
      </label>
      {refused && (
        <div class="problems" role="alert">
          The server does not take this token.
        </div>
      )}
      <button type="submit" class="primary">
        Open
      </button>
    </form>
  );
}
