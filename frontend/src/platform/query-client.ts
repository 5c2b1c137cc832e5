import { QueryClient } from '@tanstack/react-query';

/**
 * The backend is on this machine and tells what changed: nothing is polled, nothing is retried, and being without a
 * network does not matter.
 */
export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { networkMode: 'always', retry: false, staleTime: Infinity, refetchOnWindowFocus: false, refetchOnReconnect: false },
      mutations: { networkMode: 'always', retry: false },
    },
  });
}
