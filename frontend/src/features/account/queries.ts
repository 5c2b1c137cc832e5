import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { QueryClient } from '@tanstack/react-query';
import type { AppState } from '../../platform/api';
import { appStateQuery } from '../../platform/app-state';
import type { StaleAfter } from '../../platform/events';
import { accountApi } from './api';

const ALL = ['account'] as const;

export const devicesQuery = queryOptions({ queryKey: [...ALL, 'devices'], queryFn: accountApi.devices });

export const linkQuery = queryOptions({ queryKey: [...ALL, 'link'], queryFn: accountApi.linkState });

/** Empty unless the team was founded on this device with a council whose words were not written down yet. */
export const councilQuery = queryOptions({ queryKey: [...ALL, 'council'], queryFn: accountApi.councilWords, gcTime: 0 });

export const staleAfter: StaleAfter = {
  link: [linkQuery.queryKey, devicesQuery.queryKey],
  'org.changed': [devicesQuery.queryKey],
  connections: [devicesQuery.queryKey],
};

/** What answers with the new state of the app. */
function useNewState<V>(change: (input: V) => Promise<AppState>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (state) => {
      client.setQueryData(appStateQuery.queryKey, state);
    },
  });
}

/** Locks at once, whatever is open. */
export async function lockNow(client: QueryClient): Promise<void> {
  await accountApi.lock();
  await client.invalidateQueries(appStateQuery);
}

export const useUnlock = () => useNewState(accountApi.unlock);
export const useChangePassphrase = () => useNewState(accountApi.changePassphrase);
/** Opens the device as well. */
export const useResetPassphrase = () => useNewState(accountApi.resetPassphrase);
export const useSetIdleLock = () => useNewState(accountApi.setIdleLock);
export function useConfirmWords() {
  const client = useQueryClient();
  return useMutation({ mutationFn: accountApi.confirmRecoveryWords, onSuccess: () => client.invalidateQueries(appStateQuery) });
}


export const useReadWords = () => useMutation({ mutationFn: accountApi.recoveryWords, gcTime: 0 });

function useLinkChange<V, R>(change: (input: V) => Promise<R>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSettled: () => client.invalidateQueries({ queryKey: ALL }) });
}

export const useRevokeDevice = () => useLinkChange(accountApi.revokeDevice);
export const useStartLink = () => useLinkChange(accountApi.startLink);
export const useConfirmLink = () => useLinkChange(accountApi.confirmLink);
export const useCancelLink = () => useLinkChange(accountApi.cancelLink);
