// Calls of the HTTP API (doc/http_api.md), with the token where the server asks for one.
import {signal} from '@preact/signals';

const kTokenKey = 'studyhall-token';

export interface Problem {
  path: string;
  message: string;
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: unknown = null,
  ) {
    super(message);
  }

  get problems(): Problem[] {
    return Array.isArray(this.details) ? (this.details as Problem[]) : [];
  }
}

// Whether the server wants a token that we do not have, or refuses the one that we have.
export const tokenWanted = signal(false);
// Whether the last call reached the server.
export const reachable = signal(true);

export function token(): string {
  return sessionStorage.getItem(kTokenKey) ?? '';
}

export function setToken(value: string): void {
  if (value) sessionStorage.setItem(kTokenKey, value);
  else sessionStorage.removeItem(kTokenKey);
  tokenWanted.value = false;
}

// Whether the server takes it for reading.
export async function isGood(candidate: string): Promise<boolean> {
  const response = await fetch('/api/v1/studies', {headers: {Authorization: `Bearer ${candidate}`}});
  return response.status !== 401;
}

export function authorized(headers: Record<string, string> = {}): Record<string, string> {
  return token() ? {...headers, Authorization: `Bearer ${token()}`} : headers;
}

export async function errorOf(response: Response): Promise<ApiError> {
  let error = {code: 'unreadable', message: `${response.status} ${response.statusText}`, details: null};
  try {
    error = (await response.json()).error ?? error;
  } catch {
    // The status says enough.
  }
  if (response.status === 401) tokenWanted.value = true;
  return new ApiError(response.status, error.code, error.message, error.details);
}

export async function request(method: string, path: string, body?: BodyInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      headers: authorized(body === undefined ? {} : {'Content-Type': 'application/json'}),
      body,
    });
  } catch (cause) {
    reachable.value = false;
    throw new ApiError(0, 'unreachable', 'The server does not answer.', cause);
  }
  reachable.value = true;
  if (!response.ok) throw await errorOf(response);
  return response;
}

export async function get<T>(path: string): Promise<T> {
  return (await request('GET', path)).json();
}

export async function post<T>(path: string, body: unknown = {}): Promise<T> {
  return (await request('POST', path, JSON.stringify(body))).json();
}

export async function patch<T>(path: string, body: unknown): Promise<T> {
  return (await request('PATCH', path, JSON.stringify(body))).json();
}

export const inStudy = (study: string): string => `/studies/${encodeURIComponent(study)}`;
