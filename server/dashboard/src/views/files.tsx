// The files that are kept with a trial or a task, and the end of its log.
import {useEffect, useRef, useState} from 'preact/hooks';
import {get, request} from '../api';
import {bytes} from '../format';
import type {Artifact} from '../types';

const kTailBytes = 20_000;
// Longer logs are read when they are asked for.
const kReadAtOnceBytes = 2_000_000;

export function Files({path, waiting, none}: {path: string; waiting: boolean; none?: string}) {
  const [files, setFiles] = useState<Artifact[]>([]);
  const [open, setOpen] = useState<{name: string; text: string} | null>(null);
  useEffect(() => {
    if (!waiting) void get<{artifacts: Artifact[]}>(`${path}/artifacts`).then(({artifacts}) => setFiles(artifacts), () => setFiles([]));
  }, [path, waiting]);
  const show = async (name: string): Promise<void> => {
    const text = await (await request('GET', `${path}/artifacts/${encodeURIComponent(name)}`)).text();
    setOpen({name, text: text.length > kTailBytes ? `…${text.slice(-kTailBytes)}` : text});
  };
  const log = files.find(file => file.name === 'run.log' && file.bytes <= kReadAtOnceBytes);
  useEffect(() => {
    if (log) void show(log.name).catch(() => {});
  }, [log]);
  const tail = useRef<HTMLPreElement>(null);
  useEffect(() => tail.current?.scrollTo(0, tail.current.scrollHeight), [open]);
  if (!files.length) return none ? <p class="note">{none}</p> : null;
  return (
    <section aria-label="Files">
      <h3>Files</h3>
      <ul class="files">
        {files.map(file => (
          <li key={file.name}>
            <button type="button" class="link" onClick={() => void show(file.name)}>
              {file.name}
            </button>{' '}
            <span class="note">{bytes(file.bytes)}</span>
          </li>
        ))}
      </ul>
      {open && (
        <>
          <h4>{open.name}</h4>
          <pre class="text tail" ref={tail} tabIndex={0}>
            {open.text}
          </pre>
        </>
      )}
    </section>
  );
}
