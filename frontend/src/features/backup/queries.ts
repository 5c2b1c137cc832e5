import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { StaleAfter } from '../../platform/events';
import { backupApi } from './api';
import type { Backup } from './model';

/** A backup comes due by time alone, which no event tells. */
const AGAIN_MS = 10 * 60_000;

export const backupQuery = queryOptions({ queryKey: ['backup'], queryFn: backupApi.state, refetchInterval: AGAIN_MS });

export const staleAfter: StaleAfter = { backup: [backupQuery.queryKey], 'rules.changed': [backupQuery.queryKey] };

/** What answers with the new state. */
function useNewState<V>(change: (input: V) => Promise<Backup>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (state) => {
      client.setQueryData(backupQuery.queryKey, state);
    },
  });
}

/** Nothing of the passphrase stays in a cache. */
export function useSetUp() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: backupApi.setUp,
    gcTime: 0,
    onSuccess: (state) => {
      client.setQueryData(backupQuery.queryKey, state);
    },
  });
}

export const useRun = () => useNewState<undefined>(backupApi.run);
export const useForget = () => useNewState<undefined>(backupApi.forget);
export const useLater = () => useNewState<undefined>(backupApi.later);
export const useCancel = () => useMutation({ mutationFn: backupApi.cancel });
export const useChooseFolder = () => useMutation({ mutationFn: backupApi.choose });
