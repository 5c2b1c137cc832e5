import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { appStateQuery } from '../../platform/app-state';
import type { StaleAfter } from '../../platform/events';
import { teamApi } from './api';
import type { Invitation } from './model';

export const joinQuery = queryOptions({ queryKey: ['team', 'join'], queryFn: teamApi.joinProgress });

export const invitationsQuery = queryOptions({ queryKey: ['team', 'invitations'], queryFn: teamApi.invitations });

export const previewQuery = (link: string) =>
  queryOptions({ queryKey: ['team', 'preview', link], queryFn: () => teamApi.preview(link), enabled: link !== '' });

export const staleAfter: StaleAfter = {
  join: [joinQuery.queryKey],
  // Somebody has joined, or time has passed.
  'org.changed': [invitationsQuery.queryKey],
  connections: [invitationsQuery.queryKey],
};

export function useFound() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: teamApi.found,
    onSuccess: (state) => {
      client.setQueryData(appStateQuery.queryKey, state);
    },
  });
}

export function useJoin() {
  const client = useQueryClient();
  return useMutation({ mutationFn: teamApi.join, onSuccess: () => client.invalidateQueries(joinQuery) });
}

export function useLinkDevice() {
  const client = useQueryClient();
  return useMutation({ mutationFn: teamApi.linkDevice, onSuccess: () => client.invalidateQueries(joinQuery) });
}

export function useRecover() {
  const client = useQueryClient();
  return useMutation({ mutationFn: teamApi.recover, onSuccess: () => client.invalidateQueries(joinQuery) });
}

export function useCancelJoin() {
  const client = useQueryClient();
  return useMutation({ mutationFn: teamApi.cancelJoin, onSettled: () => client.invalidateQueries(joinQuery) });
}

export function useCreateInvitation() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: teamApi.createInvitation,
    onSuccess: (made) => {
      client.setQueryData<Invitation[]>(invitationsQuery.queryKey, (before = []) => [made, ...before.filter(({ id }) => id !== made.id)]);
    },
  });
}
