import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { StaleAfter } from '../../platform/events';
import { rulesApi } from './api';

const ALL = ['rules'] as const;

export const rulesQuery = queryOptions({ queryKey: [...ALL, 'list'], queryFn: rulesApi.list });

export const historyQuery = (key: string) => queryOptions({ queryKey: [...ALL, 'history', key], queryFn: () => rulesApi.history(key) });

/** Whoever gets or loses a role may change other rules. */
export const staleAfter: StaleAfter = { 'rules.changed': [ALL], 'org.changed': [rulesQuery.queryKey] };

/** `onDone` is told at once: what is read again afterwards may begin the form anew. */
function useDecision<V>(decide: (input: V) => Promise<unknown>, onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: decide,
    onSuccess: () => {
      onDone();
      return client.invalidateQueries({ queryKey: ALL });
    },
  });
}

export const useSetRule = (onDone: () => void) => useDecision(rulesApi.set, onDone);
export const useResetRule = (onDone: () => void) => useDecision(rulesApi.reset, onDone);
