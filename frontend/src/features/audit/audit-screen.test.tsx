import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { Fault } from '../../platform/fault';
import { FakeBackend, rejection } from '../../platform/testing/fake-backend';
import { fakeLayout } from '../../platform/testing/layout';
import { anAppState, renderScreen } from '../../platform/testing/render';
import type { AuditQuery } from './api';
import { AuditScreen } from './components/audit-screen';
import type { Entry } from './model';
import { staleAfter } from './queries';

beforeAll(fakeLayout);

const entry = (change: Partial<Entry>): Entry => ({
  id: 'e1',
  at: '2026-11-21T02:00:00.000Z',
  userId: 'u1',
  userName: '林晓雯',
  deviceId: 'd1',
  deviceName: 'MacBook Air',
  action: 'freeze',
  params: { subject: '何知然' },
  kind: 'member',
  state: 'valid',
  reason: '',
  ...change,
});

let backend: FakeBackend;
let entries: Entry[];
let mayExport: boolean;

beforeEach(() => {
  mayExport = true;
  entries = [
    entry({}),
    entry({ id: 'e2', action: 'rule_set', kind: 'rule', params: { key: 'invite.days', value: '3' } }),
    entry({ id: 'e3', action: 'rule_set', kind: 'rule', params: { key: 'org.profile_review', value: 'false' } }),
    entry({ id: 'e4', action: 'grant', kind: 'role', params: { subject: '陈思远', role: 'admin', dept: '' }, state: 'refused', reason: 'role' }),
    entry({ id: 'e5', action: 'from_the_future', kind: 'system', params: {} }),
  ];
  backend = new FakeBackend()
    .handle('app', { State: () => anAppState() })
    .handle('org', { Members: () => ({ members: [{ userId: 'u1', name: '林晓雯' }], total: 1 }) })
    .handle('audit', {
      List: ({ text, kind }: AuditQuery) => ({ entries: entries.filter((one) => one.kind.includes(kind) && JSON.stringify(one).includes(text)), more: false }),
      Kinds: () => ['member', 'rule', 'role'],
      CanExport: () => mayExport,
      Export: () => ({ path: '/tmp/a.tzaudit', entries: 5, digest: '0123456789abcdef' }),
    })
    .install();
});

const user = userEvent.setup();
const show = (at = '/audit') => renderScreen(<AuditScreen />, { at, staleAfter });

test('R14, R139: who did what on which device, in words', async () => {
  await show();
  await screen.findByText('冻结了 何知然 的账号');
  const rows = screen.getAllByRole('row').slice(1).map((row) => within(row).getAllByRole('gridcell').slice(1).map((cell) => cell.textContent).join('|'));
  expect(rows).toEqual([
    '林晓雯|冻结了 何知然 的账号|MacBook Air|有效',
    '林晓雯|把「邀请的有效期」设为 3|MacBook Air|有效',
    '林晓雯|把「改姓名、部门、职位要审核」设为 关闭|MacBook Air|有效',
    '林晓雯|把 陈思远 的角色设为管理员|MacBook Air|未生效',
    // A newer program may do what this page has no words for.
    '林晓雯|from_the_future|MacBook Air|有效',
  ]);
});

test('filters are part of the address and can be cleared', async () => {
  const { place } = await show('/audit?kind=rule');
  expect(await screen.findByText('把「邀请的有效期」设为 3')).toBeInTheDocument();
  expect(screen.queryByText('冻结了 何知然 的账号')).toBeNull();
  fireEvent.change(screen.getByRole('searchbox'), { target: { value: 'zrx' } });
  expect(await screen.findByText('没有符合筛选的记录')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: '清除筛选' }));
  expect(await screen.findByText('冻结了 何知然 的账号')).toBeInTheDocument();
  expect(place()).toBe('/audit');
});

test('from one day to another, both of them whole', async () => {
  const { place } = await show('/audit?days=custom&from=2026-11-18');
  fireEvent.change(await screen.findByLabelText('结束日期'), { target: { value: '2026-11-20' } });
  const local = (date: number) => new Date(2026, 10, date).toISOString();
  await waitFor(() => expect(backend.callsOf('audit.List').at(-1)).toMatchObject([{ from: local(18), to: local(21) }]));
  expect(place()).toBe('/audit?days=custom&from=2026-11-18&to=2026-11-20');
  // Another span takes the days away.
  await user.click(screen.getByRole('combobox', { name: '时间' }));
  await user.click(await screen.findByRole('option', { name: '全部时间', hidden: true }));
  await waitFor(() => expect(place()).toBe('/audit'));
  expect(screen.queryByLabelText('结束日期')).toBeNull();
});

test('an entry without effect says why', async () => {
  await show();
  await user.click(await screen.findByText('把 陈思远 的角色设为管理员'));
  const drawer = within(await screen.findByRole('complementary', { name: '操作详情' }));
  expect(drawer.getByText('没有生效：角色没有这项权限')).toBeInTheDocument();
});

test('R140: the export says what is in it, where it is and how to verify it', async () => {
  await show();
  await user.click(await screen.findByRole('button', { name: '导出日志' }));
  const dialog = within(await screen.findByRole('dialog', { name: '导出日志' }));
  expect(dialog.getByText('导出本身会记入日志')).toBeInTheDocument();
  await user.click(dialog.getByRole('button', { name: '导出' }));
  expect(await dialog.findByText('已导出 5 条记录')).toBeInTheDocument();
  expect(dialog.getByText('01234567 89abcdef')).toBeInTheDocument();
  expect(dialog.getByText('tongzhou verify --audit "/tmp/a.tzaudit"')).toBeInTheDocument();
});

test('who may not export is not offered it; a file that cannot be written is said', async () => {
  mayExport = false;
  const { unmount } = await show();
  await screen.findByText('冻结了 何知然 的账号');
  expect(screen.queryByRole('button', { name: '导出日志' })).toBeNull();
  unmount();
  mayExport = true;
  backend.handle('audit', {
    Export: () => {
      throw rejection(new Fault('audit.save'));
    },
  });
  await show();
  await user.click(await screen.findByRole('button', { name: '导出日志' }));
  await user.click(screen.getByRole('button', { name: '导出' }));
  await waitFor(() => expect(screen.getByRole('alert')).toHaveTextContent('没能导出：文件没能写入'));
});
