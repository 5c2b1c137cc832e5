// What the announcement screens read and write, and which events make what stale.

import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { StaleAfter } from '../../platform/events';
import { announcementApi } from './api';
import type { Announcement, Draft } from './model';

const keys = {
  list: ['announcement', 'list'],
  readers: (id: string) => ['announcement', 'readers', id],
};

export const staleAfter: StaleAfter = {
  'announcement.changed': [keys.list, ['announcement', 'readers']],
  'org.changed': [keys.list, ['announcement', 'readers']],
};

export const announcementsQuery = queryOptions({ queryKey: keys.list, queryFn: announcementApi.list });

export const readersQuery = (id: string) => queryOptions({ queryKey: keys.readers(id), queryFn: () => announcementApi.readers(id) });

export function usePublish() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (draft: Draft) => announcementApi.publish(draft),
    onSuccess: (published) =>
      client.setQueryData<Announcement[]>(keys.list, (list = []) => [published, ...list.filter((one) => one.id !== published.id)]),
  });
}

/** Says that I have read it; the list is read again, so that the counts are the backend's. */
export function useAcknowledge() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => announcementApi.acknowledge(id),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.list }),
  });
}
