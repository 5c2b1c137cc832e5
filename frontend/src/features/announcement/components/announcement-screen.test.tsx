import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Role } from '../../../platform/api';
import { FakeBackend } from '../../../platform/testing/fake-backend';
import { fakeLayout } from '../../../platform/testing/layout';
import { anAppState, renderScreen } from '../../../platform/testing/render';
import type { Announcement, Draft } from '../model';
import { staleAfter } from '../queries';
import { READ_AFTER_MS } from '../use-acknowledge-on-read';
import { AnnouncementScreen } from './announcement-screen';

beforeAll(fakeLayout);
beforeEach(() => {
  vi.spyOn(document, 'hasFocus').mockReturnValue(true);
});

const asks = { id: 'a1', title: '今晚放量', text: '第一段\n\n第二段', needAck: true, acknowledged: false };
const news = { id: 'a2', title: '团建地点', text: '莫干山', needAck: false, acknowledged: false };
const announcement = (change: Partial<Announcement>) => ({ authorId: 'u1', authorName: '林晓雯', at: '2026-11-21T02:42:00.000Z', read: 1, total: 3, ...change });

function backend(role: Role = 'member'): FakeBackend {
  const list = [asks, news].map((one) => announcement(one as Partial<Announcement>));
  const fake = new FakeBackend();
  return fake
    .handle('app', { State: () => anAppState({ role }) })
    .handle('org', { Members: () => ({ members: [], total: 0 }) })
    .handle('announcement', {
      List: () => list,
      Acknowledge: (id: string) => {
        for (const one of list) if (one.id === id) Object.assign(one, { acknowledged: true, read: 2 });
      },
      Publish: (draft: Draft) => {
        const made = announcement({ ...draft, id: 'a3', acknowledged: true, authorId: 'me' });
        list.unshift(made);
        return made;
      },
      Readers: () => ({ read: [{ userId: 'u2', name: '陈思远' }], unread: [{ userId: 'u3', name: '张若曦' }] }),
    })
    .install();
}

const open = (at = '/announcement') => renderScreen(<AnnouncementScreen />, { at, staleAfter });

test('what asks for a confirmation is only read by confirming it', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const fake = backend();
  await open('/announcement?id=a1');
  expect(await screen.findByText('第二段')).toBeVisible();
  await act(() => vi.advanceTimersByTimeAsync(10 * READ_AFTER_MS));
  expect(fake.callsOf('announcement.Acknowledge')).toEqual([]);
  vi.useRealTimers();
  fireEvent.click(screen.getByRole('button', { name: '确认已读' }));
  expect(await screen.findByText('你已确认')).toBeVisible();
  expect(fake.callsOf('announcement.Acknowledge')).toEqual([['a1']]);
});

test('the rest counts as read after half a second in the focused window', async () => {
  const fake = backend();
  await open('/announcement?id=a2');
  await waitFor(() => expect(fake.callsOf('announcement.Acknowledge')).toEqual([['a2']]));
  expect(screen.queryByRole('button', { name: '确认已读' })).toBeNull();
});

test('待我确认 shows what waits, and keeps what is being read', async () => {
  backend();
  const { place } = await open();
  await screen.findByRole('option', { name: /团建地点/ });
  fireEvent.click(screen.getByRole('radio', { name: '待我确认' }));
  expect(screen.queryByRole('option', { name: /团建地点/ })).toBeNull();
  fireEvent.click(screen.getByRole('option', { name: /今晚放量/ }));
  fireEvent.click(await screen.findByRole('button', { name: '确认已读' }));
  expect(await screen.findByText('你已确认')).toBeVisible();
  expect(screen.getByRole('option', { name: /今晚放量/ })).toBeVisible();
  expect(place()).toContain('id=a1');
});

test('only owner and admins publish and see who has read it (R85, R88)', async () => {
  backend('member');
  const { unmount } = await open('/announcement?id=a1');
  await screen.findByText('第二段');
  expect(screen.queryByRole('button', { name: '发布公告' })).toBeNull();
  expect(screen.queryByRole('button', { name: /已读 1\/3/ })).toBeNull();
  unmount();

  backend('admin');
  await open('/announcement?id=a1');
  fireEvent.click(await screen.findByRole('button', { name: /已读 1\/3/ }));
  expect(await screen.findByRole('region', { name: '未读' })).toHaveTextContent('张若曦');
  expect(screen.getByRole('region', { name: '已读' })).toHaveTextContent('陈思远');
});

test('publishing checks first, then opens what was published', async () => {
  const fake = backend('owner');
  const { place } = await open('/announcement?new=1');
  const dialog = await screen.findByRole('dialog', { name: '发布公告' });
  fireEvent.click(within(dialog).getByRole('button', { name: '发布给全员' }));
  expect(within(dialog).getByText('标题不能为空')).toBeVisible();
  expect(within(dialog).getByText('正文不能为空')).toBeVisible();
  fireEvent.change(within(dialog).getByRole('textbox', { name: /标题/ }), { target: { value: '放假安排' } });
  fireEvent.change(within(dialog).getByRole('textbox', { name: /正文/ }), { target: { value: '下周一放假' } });
  fireEvent.click(within(dialog).getByRole('checkbox'));
  fireEvent.click(within(dialog).getByRole('button', { name: '发布给全员' }));
  expect(await screen.findByRole('heading', { name: '放假安排' })).toBeVisible();
  expect(fake.callsOf('announcement.Publish')).toEqual([[{ title: '放假安排', text: '下周一放假', needAck: true }]]);
  expect(place()).toContain('id=a3');
});
