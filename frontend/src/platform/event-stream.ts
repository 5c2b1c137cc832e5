// Server-sent events by fetch, because EventSource cannot send the Authorization header.

type Listener = (payload: unknown) => void;
type EventsOn = (topic: string, listener: Listener) => () => void;

declare global {
  interface Window {
    runtime?: { EventsOn: EventsOn };
  }
}

/** Told to listeners when events may have been missed: everything shown must be read again. */
export const RESYNC = 'resync';

/** Told once when the stream broke off and could not be opened again at once: the program has stopped. */
export const LOST = 'lost';

/** Waits between attempts to connect, in ms; the last one repeats. */
const RETRY_MS = [250, 1000, 2000, 5000];

/** The backend sends something every 15 s. A stream that is silent for longer is dead: the machine slept. */
const SILENCE_MS = 40_000;

/** Opens the stream at the first listener and keeps it open. */
export function openStream(token: string): EventsOn {
  const listeners = new Map<string, Set<Listener>>();
  const tell = (topic: string, payload: unknown) => {
    for (const listener of listeners.get(topic) ?? []) listener(payload);
  };
  let started = false;
  return (topic, listener) => {
    const set = listeners.get(topic) ?? new Set();
    listeners.set(topic, set.add(listener));
    if (!started) {
      started = true;
      void follow(token, tell);
    }
    return () => set.delete(listener);
  };
}

async function follow(token: string, tell: (topic: string, payload: unknown) => void): Promise<never> {
  for (let attempt = 0, connections = 0; ; ) {
    const opened = await readStream(token, tell, () => {
      // Nothing is kept for us while we are away.
      if (connections > 0) tell(RESYNC, null);
      connections++;
    });
    attempt = opened ? 0 : attempt + 1;
    if (attempt === 1) tell(LOST, null);
    const wait = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)];
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/** Reads one stream to its end. Returns whether it was opened at all. */
async function readStream(token: string, tell: (topic: string, payload: unknown) => void, onOpen: () => void): Promise<boolean> {
  const stop = new AbortController();
  let watch = 0;
  const alive = () => {
    window.clearTimeout(watch);
    watch = window.setTimeout(() => stop.abort(), SILENCE_MS);
  };
  let opened = false;
  try {
    alive();
    const response = await fetch('/api/events', { headers: { Authorization: `Bearer ${token}` }, signal: stop.signal });
    if (!response.ok || !response.body) return false;
    opened = true;
    onOpen();
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return true;
      alive();
      rest = takeEvents(rest + decoder.decode(value, { stream: true }), tell);
    }
  } catch {
    return opened;
  } finally {
    window.clearTimeout(watch);
  }
}

/** Tells the complete events of a buffer and returns what is left. Comment lines are heartbeats. */
export function takeEvents(buffer: string, tell: (topic: string, payload: unknown) => void): string {
  const blocks = buffer.split('\n\n');
  const rest = blocks.pop() ?? '';
  for (const block of blocks) {
    const data = block
      .split('\n')
      .filter((line) => line.startsWith('data:'))
      .map((line) => line.slice('data:'.length).trimStart())
      .join('\n');
    if (!data) continue;
    const { topic, payload } = JSON.parse(data) as { topic: string; payload: unknown };
    tell(topic, payload);
  }
  return rest;
}
