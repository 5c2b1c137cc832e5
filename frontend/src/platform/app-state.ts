import { queryOptions, useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { appApi } from './api';
import type { AppState, Settings } from './api';
import { LOST } from './event-stream';
import type { StaleAfter } from './events';
import { peopleQuery } from './people';

export const appStateQuery = queryOptions({ queryKey: ['app', 'state'], queryFn: appApi.state });

export const appStaleAfter: StaleAfter = {
  state: [appStateQuery.queryKey],
  settings: [appStateQuery.queryKey],
  // Reading it again fails, and that is what the shell tells.
  [LOST]: [appStateQuery.queryKey],
  'org.changed': [appStateQuery.queryKey, peopleQuery.queryKey],
  'blob.arrived': [peopleQuery.queryKey],
  'rules.changed': [peopleQuery.queryKey],
  // Who is online.
  connections: [peopleQuery.queryKey],
};

/** Team, person, role and settings. The shell has loaded it before any screen shows. */
export function useAppState(): AppState {
  return useSuspenseQuery(appStateQuery).data;
}

/** Shows the change at once and takes it back when it was not saved. */
export function useSaveSettings() {
  const client = useQueryClient();
  const put = (settings: Settings) =>
    client.setQueryData(appStateQuery.queryKey, (state) => state && { ...state, settings });
  return useMutation({
    mutationFn: (settings: Settings) => appApi.saveSettings(settings),
    onMutate: put,
    onSuccess: put,
    onError: () => client.invalidateQueries(appStateQuery),
  });
}
