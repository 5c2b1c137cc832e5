// What the directory reads and writes, and which events make what stale.

import { infiniteQueryOptions, keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { StaleAfter } from '../../platform/events';
import { orgApi } from './api';
import type { RequestBox, RequestState } from './cases';
import { squarePicture } from './square-picture';

const ALL = ['org'] as const;

/** Presence comes with the connections. */
export const staleAfter: StaleAfter = { 'org.changed': [ALL], 'rules.changed': [ALL], 'blob.arrived': [ALL], connections: [[...ALL, 'members'], [...ALL, 'member']] };

/** Members fetched at a time. */
const PAGE = 200;

export interface MemberFilter {
  standing: string;
  kind: string;
  role: string;
}

export const membersQuery = (text: string, departmentId: string, filter: MemberFilter) =>
  infiniteQueryOptions({
    queryKey: [...ALL, 'members', text, departmentId, filter],
    queryFn: ({ pageParam }) => orgApi.members({ text, departmentId, ...filter, limit: PAGE, offset: pageParam }),
    initialPageParam: 0,
    getNextPageParam: (page, pages) => {
      const read = pages.reduce((sum, one) => sum + one.members.length, 0);
      return page.members.length > 0 && read < page.total ? read : undefined;
    },
    placeholderData: keepPreviousData,
  });

export const memberQuery = (userId: string) => queryOptions({ queryKey: [...ALL, 'member', userId], queryFn: () => orgApi.member(userId) });

/** Everybody who is here, for choosing people and for asking around. */
export const everybodyQuery = queryOptions({
  queryKey: [...ALL, 'members', 'everybody'],
  queryFn: async () => (await orgApi.members({ text: '', departmentId: '', standing: 'active', kind: '', role: '', limit: 0, offset: 0 })).members,
});

/** Who could let the only owner leave. */
export const ownersQuery = queryOptions({
  queryKey: [...ALL, 'members', 'owners'],
  queryFn: async () => (await orgApi.members({ text: '', departmentId: '', standing: 'active', kind: '', role: 'owner', limit: 0, offset: 0 })).members,
});

export const requestsQuery = (box: RequestBox, state: RequestState | '') =>
  queryOptions({ queryKey: [...ALL, 'requests', box, state], queryFn: () => orgApi.requests({ box, state }) });

export const permissionsQuery = queryOptions({ queryKey: [...ALL, 'permissions'], queryFn: orgApi.myPermissions });

export const offboardPlanQuery = (userId: string) =>
  queryOptions({ queryKey: [...ALL, 'offboard plan', userId], queryFn: () => orgApi.offboardPlan(userId), staleTime: 0 });

export const offboardingsQuery = queryOptions({ queryKey: [...ALL, 'offboardings'], queryFn: orgApi.offboardings });

export const meQuery = queryOptions({ queryKey: [...ALL, 'me'], queryFn: orgApi.me });

export const departmentsQuery = queryOptions({ queryKey: [...ALL, 'departments'], queryFn: orgApi.departments });

export type DepartmentChange =
  | { kind: 'create'; parentId: string; name: string }
  | { kind: 'rename'; id: string; name: string }
  | { kind: 'move'; id: string; parentId: string }
  | { kind: 'merge'; id: string; into: string }
  | { kind: 'remove'; id: string }
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
      case 'merge':
        await orgApi.mergeDepartment(change.id, change.into);
        return;
      case 'remove':
        await orgApi.removeDepartment(change.id);
        return;
      case 'team':
        await orgApi.renameTeam(change.name);
        return;
    }
  });
}

export const useSaveProfile = () => useChange(orgApi.saveProfile);
export const useSetPicture = () => useChange(async (file: File) => orgApi.setPicture(await squarePicture(file)));
export const useRemovePicture = () => useChange(orgApi.removePicture);
export const useSetRole = () => useChange(orgApi.setRole);
export const usePlace = () => useChange(orgApi.place);
export const useSetDuty = () => useChange(orgApi.setDuty);
export const useFreeze = () => useChange(orgApi.freeze);
export const useUnfreeze = () => useChange(orgApi.unfreeze);
export const useRequestAccount = () => useChange(orgApi.requestAccount);
export const useRequestProfile = () => useChange(orgApi.requestProfile);
export const useReviewRequest = () => useChange(orgApi.reviewRequest);
export const useWithdrawRequest = () => useChange(orgApi.withdrawRequest);
export const useConfirmPermissions = () => useChange(orgApi.confirmPermissions);
export const useOffboard = () => useChange(orgApi.offboard);
