import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { appStateQuery } from '../../platform/app-state';
import type { StaleAfter } from '../../platform/events';
import { teamApi } from './api';
import type { Invitation } from './model';

export const joinQuery = queryOptions({ queryKey: ['team', 'join'], queryFn: teamApi.joinProgress });

export const invitationsQuery = queryOptions({ queryKey: ['team', 'invitations'], queryFn: teamApi.invitations });

export const previewQuery = (link: string) =>
  queryOptions({ queryKey: ['team', 'preview', link], queryFn: () => teamApi.preview(link), enabled: link !== '' });

/** How far restoring is, while it runs. */
export const restoreQuery = queryOptions({ queryKey: ['team', 'restore'], queryFn: teamApi.restoreProgress, gcTime: 0 });

export const staleAfter: StaleAfter = {
  backup: [restoreQuery.queryKey],
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

/** Goes on with a request that was left at a relay. */
export function useResumeJoin() {
  const client = useQueryClient();
  return useMutation({ mutationFn: teamApi.resumeJoin, gcTime: 0, onSuccess: () => client.invalidateQueries(joinQuery) });
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

/** Nothing of passphrase or words stays in a cache. */
export const useInspectBackup = () => useMutation({ mutationFn: teamApi.inspectBackup, gcTime: 0 });

/** Afterwards this device is locked, and waits for its passphrase. */
export function useRestoreBackup() {
  const client = useQueryClient();
  return useMutation({ mutationFn: teamApi.restoreBackup, gcTime: 0, onSuccess: () => client.invalidateQueries(appStateQuery) });
}

export const useCancelRestore = () => useMutation({ mutationFn: teamApi.cancelRestore });
export const useChooseFolder = () => useMutation({ mutationFn: teamApi.chooseFolder });
