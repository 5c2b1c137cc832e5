import { infiniteQueryOptions, keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { StaleAfter } from '../../platform/events';
import { auditApi } from './api';

const ALL = ['audit'] as const;

export interface Filter {
  userId: string;
  kind: string;
  from: string;
  to: string;
  text: string;
}

/** Entries fetched at a time. */
const PAGE = 100;

export const entriesQuery = (filter: Filter) =>
  infiniteQueryOptions({
    queryKey: [...ALL, 'list', filter],
    queryFn: ({ pageParam }) => auditApi.list({ ...filter, before: pageParam, limit: PAGE }),
    initialPageParam: '',
    getNextPageParam: (page) => (page.more ? page.entries.at(-1)?.id : undefined),
    placeholderData: keepPreviousData,
  });

export const kindsQuery = queryOptions({ queryKey: [...ALL, 'kinds'], queryFn: auditApi.kinds });

export const canExportQuery = queryOptions({ queryKey: [...ALL, 'export'], queryFn: auditApi.canExport });

/** What people do comes with these topics. */
export const staleAfter: StaleAfter = { 'org.changed': [ALL], 'rules.changed': [ALL], 'audit.changed': [ALL] };

export function useExport() {
  const client = useQueryClient();
  return useMutation({ mutationFn: auditApi.export, onSuccess: () => client.invalidateQueries({ queryKey: [...ALL, 'list'] }) });
}
