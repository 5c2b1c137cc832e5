// What the directory reads and writes, and which events make what stale.

import { infiniteQueryOptions, keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { StaleAfter } from '../../platform/events';
import { orgApi } from './api';
import type { GrantableRole, Profile } from './model';

const ALL = ['org'] as const;

/** Presence comes with the connections. */
export const staleAfter: StaleAfter = { 'org.changed': [ALL], connections: [[...ALL, 'members'], [...ALL, 'member']] };

/** Members fetched at a time. */
const PAGE = 200;

export const membersQuery = (text: string, departmentId: string) =>
  infiniteQueryOptions({
    queryKey: [...ALL, 'members', text, departmentId],
    queryFn: ({ pageParam }) => orgApi.members({ text, departmentId, limit: PAGE, offset: pageParam }),
    initialPageParam: 0,
    getNextPageParam: (page, pages) => {
      const read = pages.reduce((sum, one) => sum + one.members.length, 0);
      return page.members.length > 0 && read < page.total ? read : undefined;
    },
    placeholderData: keepPreviousData,
  });

export const memberQuery = (userId: string) => queryOptions({ queryKey: [...ALL, 'member', userId], queryFn: () => orgApi.member(userId) });

export const meQuery = queryOptions({ queryKey: [...ALL, 'me'], queryFn: orgApi.me });

export const departmentsQuery = queryOptions({ queryKey: [...ALL, 'departments'], queryFn: orgApi.departments });

export type DepartmentChange =
  | { kind: 'create'; parentId: string; name: string }
  | { kind: 'rename'; id: string; name: string }
  | { kind: 'move'; id: string; parentId: string }
  | { kind: 'team'; name: string };

/** Everything that changes the directory makes all of it stale: it is small and on this machine. */
function useChange<V, R>(change: (input: V) => Promise<R>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => client.invalidateQueries({ queryKey: ALL }) });
}

export function useChangeDepartment() {
  return useChange(async (change: DepartmentChange): Promise<void> => {
    switch (change.kind) {
      case 'create':
        await orgApi.createDepartment(change.parentId, change.name);
        return;
      case 'rename':
        await orgApi.renameDepartment(change.id, change.name);
        return;
      case 'move':
        await orgApi.moveDepartment(change.id, change.parentId);
        return;
      case 'team':
        await orgApi.renameTeam(change.name);
        return;
    }
  });
}

export function useSaveProfile() {
  return useChange((profile: Profile) => orgApi.saveProfile(profile));
}

export function useGrantRole(userId: string) {
  return useChange((role: GrantableRole) => orgApi.grantRole(userId, role));
}
