import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { StaleAfter } from '../../platform/events';
import { connectionsApi } from './api';

export const connectionsQuery = queryOptions({ queryKey: ['connections'], queryFn: connectionsApi.connections });

export const relaysQuery = queryOptions({ queryKey: ['relays'], queryFn: connectionsApi.relays });

/** What a pasted link says; not asked while there is none. */
export const relayLinkQuery = (link: string) =>
  queryOptions({ queryKey: ['relay-link', link], queryFn: () => connectionsApi.previewRelay(link), enabled: link !== '', retry: false, staleTime: Infinity });

export const staleAfter: StaleAfter = {
  relays: [relaysQuery.queryKey],
  'rules.changed': [relaysQuery.queryKey],
  connections: [connectionsQuery.queryKey, relaysQuery.queryKey],
  state: [connectionsQuery.queryKey],
  'org.changed': [connectionsQuery.queryKey],
  // Something was written here, or arrived.
  'chat.changed': [connectionsQuery.queryKey],
  'announcement.changed': [connectionsQuery.queryKey],
};

export function useSyncNow() {
  return useMutation({ mutationFn: connectionsApi.syncNow });
}

export function useAddAddress() {
  return useMutation({ mutationFn: connectionsApi.addAddress });
}

export function useAddRelay() {
  const client = useQueryClient();
  return useMutation({ mutationFn: connectionsApi.addRelay, onSuccess: (relays) => client.setQueryData(relaysQuery.queryKey, relays) });
}

export function useRemoveRelay() {
  const client = useQueryClient();
  return useMutation({ mutationFn: connectionsApi.removeRelay, onSuccess: (relays) => client.setQueryData(relaysQuery.queryKey, relays) });
}
