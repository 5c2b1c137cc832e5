// Where the person is: a path and parameters, all of them text, in the hash of the address. Whatever is open is there,
// so that reloading, going back and linking work.

import { useLocation, useRouter } from '@tanstack/react-router';
import type { AnyRouter } from '@tanstack/react-router';
import { useCallback } from 'react';

export type Params = Readonly<Record<string, string>>;

/** Goes to a path. Parameters that are "" are left out; `replace` leaves no trace in the history. */
export type Go = (path: string, params?: Params, options?: { replace?: boolean }) => void;

export function goWith(router: AnyRouter): Go {
  return (path, params = {}, { replace = false } = {}) => {
    void router.navigate({ to: path, search: withoutEmpty(params), replace });
  };
}

export function useGo(): Go {
  const router = useRouter();
  return useCallback<Go>((path, params, options) => goWith(router)(path, params, options), [router]);
}

/** The current path, for example "/chat". */
export function usePath(): string {
  return useLocation({ select: (location) => location.pathname });
}

/** One parameter of the current place, "" when it is not there. */
export function useParam(name: string): string {
  return useLocation({ select: (location) => (location.search as Params)[name] ?? '' });
}

/** Changes some parameters and keeps the path and the others; "" takes one away. */
export type SetParams = (change: Params, options?: { replace?: boolean }) => void;

export function useSetParams(): SetParams {
  const router = useRouter();
  return useCallback<SetParams>(
    (change, options) => {
      const { pathname, search } = router.latestLocation as { pathname: string; search: Params };
      goWith(router)(pathname, { ...search, ...change }, options);
    },
    [router],
  );
}

/** Reads parameters as they were written: text. (The router's own way turns "123" into a number.) */
export function parseParams(search: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(search));
}

export function writeParams(params: Record<string, unknown>): string {
  const text = new URLSearchParams(withoutEmpty(params as Params)).toString();
  return text && `?${text}`;
}

function withoutEmpty(params: Params): Params {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== ''));
}
