import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { QueryClient } from '@tanstack/react-query';
import type { AppState } from '../../platform/api';
import { appStateQuery } from '../../platform/app-state';
import type { StaleAfter } from '../../platform/events';
import { toFault } from '../../platform/fault';
import { accountApi } from './api';

const ALL = ['account'] as const;

export const devicesQuery = queryOptions({ queryKey: [...ALL, 'devices'], queryFn: accountApi.devices });

export const linkQuery = queryOptions({ queryKey: [...ALL, 'link'], queryFn: accountApi.linkState });

export const councilQuery = queryOptions({ queryKey: [...ALL, 'council'], queryFn: accountApi.council });

export const staleAfter: StaleAfter = {
  link: [linkQuery.queryKey, devicesQuery.queryKey],
  'org.changed': [devicesQuery.queryKey, councilQuery.queryKey],
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
export const useResetPassphraseByCode = () => useNewState(accountApi.resetPassphraseByCode);
/** Nothing of it stays in a cache. */
export const useRescueCode = () => useMutation({ mutationFn: accountApi.rescueCode, gcTime: 0 });
export const useSetIdleLock = () => useNewState(accountApi.setIdleLock);
export function useConfirmWords() {
  const client = useQueryClient();
  return useMutation({ mutationFn: accountApi.confirmRecoveryWords, onSuccess: () => client.invalidateQueries(appStateQuery) });
}

/** Words that are to be written down: the own ones, and before them those of a council that was founded here. */
export interface AllWords {
  own: string[];
  council: string[][];
}

async function readWords(passphrase: string): Promise<AllWords> {
  const own = await accountApi.recoveryWords(passphrase);
  try {
    return { own, council: await accountApi.councilWords(passphrase) };
  } catch (error) {
    // There is no council, or its keys were handed out.
    if (toFault(error).code === 'vault.words_gone') return { own, council: [] };
    throw error;
  }
}

/** Nothing of it stays in a cache. */
export const useReadWords = () => useMutation({ mutationFn: readWords, gcTime: 0 });

export const useForgetCouncil = () => useMutation({ mutationFn: accountApi.forgetCouncilWords });

/** What changes devices, or the link that is shown for one. */
function useDeviceChange<V, R>(change: (input: V) => Promise<R>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSettled: () => client.invalidateQueries({ queryKey: ALL }) });
}

/** The words are not kept. */
export const useReplaceOwner = () => useMutation({ mutationFn: accountApi.replaceOwner, gcTime: 0 });

export const useRevokeDevice = () => useDeviceChange(accountApi.revokeDevice);
export const useStartLink = () => useDeviceChange(accountApi.startLink);
export const useConfirmLink = () => useDeviceChange(accountApi.confirmLink);
export const useCancelLink = () => useDeviceChange(accountApi.cancelLink);
