// The only caller of the announcement bindings.

import { call } from '../../platform/bindings';
import type { Announcement, Draft } from './model';

interface AnnouncementDTO extends Omit<Announcement, 'at'> {
  at: string;
}

export interface Reader {
  userId: string;
  name: string;
}

export interface Readers {
  read: Reader[];
  unread: Reader[];
}

const toAnnouncement = (dto: AnnouncementDTO): Announcement => ({ ...dto, at: dto.at ? Date.parse(dto.at) : 0 });

export const announcementApi = {
  list: async (): Promise<Announcement[]> => (await call<AnnouncementDTO[]>('announcement', 'List')).map(toAnnouncement),
  publish: async (draft: Draft): Promise<Announcement> => toAnnouncement(await call<AnnouncementDTO>('announcement', 'Publish', draft)),
  acknowledge: (id: string) => call<null>('announcement', 'Acknowledge', id),
  readers: (id: string) => call<Readers>('announcement', 'Readers', id),
};
