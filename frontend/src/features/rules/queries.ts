import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { StaleAfter } from '../../platform/events';
import { rulesApi } from './api';

const ALL = ['rules'] as const;

export const rulesQuery = queryOptions({ queryKey: [...ALL, 'list'], queryFn: rulesApi.list });

export const historyQuery = (key: string) => queryOptions({ queryKey: [...ALL, 'history', key], queryFn: () => rulesApi.history(key) });

/** Whoever gets or loses a role may change other rules. */
export const staleAfter: StaleAfter = { 'rules.changed': [ALL], 'org.changed': [rulesQuery.queryKey] };

function useDecision<V>(decide: (input: V) => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: decide, onSuccess: () => client.invalidateQueries({ queryKey: ALL }) });
}

export const useSetRule = () => useDecision(rulesApi.set);
export const useResetRule = () => useDecision(rulesApi.reset);
