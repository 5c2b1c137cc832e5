// In a browser there is no Wails: this puts window.go and window.runtime there, over the loopback bridge of
// backend/web. The rest of the frontend does not know which of the two it talks to.

import { UNREACHABLE } from './fault';
import { openStream } from './event-stream';

/** Survives reloading the page in its tab, and nothing else. */
const TOKEN_KEY = 'tongzhou.token';

/** Installs the bridge unless Wails is there. Must run before the first call and before the router reads the hash. */
export function installBridge(): void {
  if (window.go && window.runtime) return;
  const token = takeToken(window.location, window.sessionStorage);
  window.go = packages((path, args) => post(path, args, token));
  window.runtime = { EventsOn: openStream(token) };
}

/** The token of the printed address (#token=…). It leaves the address bar, so that nobody copies it by mistake. */
export function takeToken(location: Location, storage: Storage): string {
  const match = /^#token=([\w-]+)/.exec(location.hash);
  if (match?.[1]) {
    storage.setItem(TOKEN_KEY, match[1]);
    window.history.replaceState(null, '', location.pathname + location.search);
    return match[1];
  }
  return storage.getItem(TOKEN_KEY) ?? '';
}

type Post = (path: string, args: unknown[]) => Promise<unknown>;

/** What only a window has: dialogs of the system. */
const WINDOW = 'desktop';

/** window.go as Wails makes it: packages with a struct API with methods. Which exist, the backend knows. */
function packages(send: Post): NonNullable<Window['go']> {
  return anyKey((pkg) =>
    pkg === WINDOW ? undefined : { API: anyKey((method) => (...args: unknown[]) => send(`/api/${pkg}/${method}`, args)) },
  );
}

function anyKey<T>(make: (key: string) => T): Record<string, T> {
  return new Proxy<Record<string, T>>({}, { get: (_target, key) => (typeof key === 'string' ? make(key) : undefined) });
}

async function post(path: string, args: unknown[], token: string): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
      body: JSON.stringify(args),
    });
  } catch {
    throw new Error(JSON.stringify({ code: UNREACHABLE }));
  }
  if (response.ok) return (await response.json()) as unknown;
  throw new Error(await response.text());
}
