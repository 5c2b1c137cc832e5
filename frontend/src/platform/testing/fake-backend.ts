// A backend in memory, in the place where Wails or the bridge would be. For tests, and for looking at screens.

import type { Fault } from '../fault';

type Handler = (...args: never[]) => unknown;

/** Methods of one package's API struct. What they throw, calls reject with. */
export type Handlers = Record<string, Handler>;

interface Call {
  /** "chat.Send" */
  method: string;
  args: unknown[];
}

export class FakeBackend {
  /** Every call, oldest first. */
  readonly calls: Call[] = [];
  private readonly packages = new Map<string, Handlers>();
  private readonly listeners = new Map<string, Set<(payload: unknown) => void>>();

  /** Adds or replaces methods of a package. */
  handle(pkg: string, handlers: Handlers): this {
    this.packages.set(pkg, { ...this.packages.get(pkg), ...handlers });
    return this;
  }

  /** Tells the page an event, as the real backend would. */
  emit(topic: string, payload: unknown = null): void {
    for (const listener of this.listeners.get(topic) ?? []) listener(payload);
  }

  /** The arguments of all calls of a method. */
  callsOf(method: string): unknown[][] {
    return this.calls.filter((call) => call.method === method).map(({ args }) => args);
  }

  install(): this {
    const anyKey = <T>(make: (key: string) => T) =>
      new Proxy<Record<string, T>>({}, { get: (_target, key) => (typeof key === 'string' ? make(key) : undefined) });
    window.go = anyKey((pkg) => ({ API: anyKey((method) => (...args: unknown[]) => this.call(pkg, method, args)) }));
    window.runtime = {
      EventsOn: (topic, listener) => {
        const set = this.listeners.get(topic) ?? new Set();
        this.listeners.set(topic, set.add(listener));
        return () => set.delete(listener);
      },
    };
    return this;
  }

  private async call(pkg: string, method: string, args: unknown[]): Promise<unknown> {
    this.calls.push({ method: `${pkg}.${method}`, args });
    const handler = this.packages.get(pkg)?.[method];
    if (!handler) throw new Error(`the fake backend has no ${pkg}.${method}`);
    await Promise.resolve();
    // As over the wire: nobody shares objects with the backend.
    return structuredClone(await handler(...(structuredClone(args) as never[])));
  }
}

/** What a method throws so that its call rejects as the real one does. */
export function rejection({ code, params }: Pick<Fault, 'code' | 'params'>): Error {
  return new Error(JSON.stringify({ code, params }));
}
