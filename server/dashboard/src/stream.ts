// Server-sent events over fetch: EventSource cannot send a token.
import {authorized, errorOf} from './api';

export interface Message {
  id: string;
  event: string;
  data: string;
}

// Takes a stream's text piece by piece and gives its messages (HTML standard, 9.2.6).
export class MessageParser {
  private rest = '';
  private id = '';

  push(text: string): Message[] {
    this.rest += text;
    const messages: Message[] = [];
    for (let end = this.rest.indexOf('\n\n'); end >= 0; end = this.rest.indexOf('\n\n')) {
      const message = this.message(this.rest.slice(0, end));
      if (message) messages.push(message);
      this.rest = this.rest.slice(end + 2);
    }
    return messages;
  }

  private message(block: string): Message | null {
    const data: string[] = [];
    let event = 'message';
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':');
      if (colon === 0) continue;
      const name = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (name === 'id') this.id = value;
      if (name === 'event') event = value;
      if (name === 'data') data.push(value);
    }
    return data.length || event !== 'message' ? {id: this.id, event, data: data.join('\n')} : null;
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise(done => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), done()), {once: true});
  });

// Follows the events of a study above `after` until `signal` is aborted or the study is deleted; goes on where it was
// when the connection breaks. `onState` hears whether it is connected.
export async function follow(
  path: string,
  after: number,
  signal: AbortSignal,
  onMessage: (message: Message) => void,
  onState: (connected: boolean) => void,
): Promise<void> {
  let last = String(after);
  while (!signal.aborted) {
    try {
      const response = await fetch(`/api/v1${path}`, {
        headers: authorized({Accept: 'text/event-stream', 'Last-Event-ID': last}),
        cache: 'no-store',
        signal,
      });
      if (!response.ok || !response.body) throw await errorOf(response);
      onState(true);
      const parser = new MessageParser();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        for (const message of parser.push(piece.value)) {
          if (message.id) last = message.id;
          onMessage(message);
          if (message.event === 'end') return;
        }
      }
    } catch {
      // Tried again below.
    }
    onState(false);
    await pause(1000, signal);
  }
}
