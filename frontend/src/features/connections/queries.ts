import { queryOptions, useMutation } from '@tanstack/react-query';
import type { StaleAfter } from '../../platform/events';
import { connectionsApi } from './api';

export const connectionsQuery = queryOptions({ queryKey: ['connections'], queryFn: connectionsApi.connections });

export const staleAfter: StaleAfter = {
  connections: [connectionsQuery.queryKey],
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
