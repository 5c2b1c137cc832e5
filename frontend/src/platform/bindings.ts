// The way to the backend. Wails puts the bound Go structs on window.go; in a browser, bridge.ts puts the same there.
// Only the api.ts files import this.

import { Fault, INTERNAL, toFault } from './fault';

type Method = (...args: unknown[]) => Promise<unknown>;
type Packages = Record<string, { API: Record<string, Method | undefined> } | undefined>;

declare global {
  interface Window {
    go?: Packages;
  }
}

/** Whether the backend has this package here: some are the window's alone. */
export const bound = (pkg: string): boolean => window.go?.[pkg] !== undefined;

/** Calls a method of the API struct of a Go package. Rejects with a Fault and with nothing else. */
export async function call<T>(pkg: string, method: string, ...args: unknown[]): Promise<T> {
  const target = window.go?.[pkg]?.API[method];
  if (!target) throw new Fault(INTERNAL, { method: `${pkg}.${method}` });
  try {
    return (await target(...args)) as T;
  } catch (error) {
    throw toFault(error);
  }
}
