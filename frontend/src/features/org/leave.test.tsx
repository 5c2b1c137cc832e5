import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';
import type { Role } from '../../platform/api';
import { Fault } from '../../platform/fault';
import { FakeBackend, rejection } from '../../platform/testing/fake-backend';
import { anAppState, renderScreen } from '../../platform/testing/render';
import type { OffboardPlan } from './cases';
import { LeaveHost } from './components/leave-host';
import type { Member } from './model';
import { aMember } from './testing';

const me = aMember({ userId: 'me', name: '周明轩', self: true });
const GROUP = { id: 'chat:g1', feature: 'chat', kind: 'group', title: '值班群', heirId: '' };

let backend: FakeBackend;
let role: Role;
let items: OffboardPlan['items'];
let owners: Member[];

beforeEach(() => {
  role = 'member';
  items = [];
  owners = [me];
  backend = new FakeBackend()
    .handle('app', { State: () => anAppState({ role }) })
    .handle('org', {
      OffboardPlan: () => ({ member: me, items, devices: 2 }),
      Members: ({ role: asked }: { role: string }) => ({ members: asked === 'owner' ? owners : [me, aMember()], total: 2 }),
      Offboard: () => {
        throw rejection(new Fault('org.last_owner'));
      },
    })
    .install();
});

const user = userEvent.setup();
const open = async () => {
  const page = await renderScreen(<LeaveHost />, { at: '/settings?section=account&leave=1' });
  await screen.findByRole('dialog', { name: '退出「星海科技」' });
  return page;
};

test('whoever leaves is told what happens and types the name of the team (R20)', async () => {
  await open();
  expect((await screen.findAllByRole('listitem')).map((item) => item.textContent)).toEqual([
    '你将立即失去在这个团队的全部权限，2 台设备停用。离线的设备在下次联网时停用',
    '你写过的内容留在团队，同事仍能查看，你不能再查看',
    '退出后不能自己撤销。需要回来时，请管理员重新邀请',
  ]);
  await user.type(screen.getByRole('textbox', { name: /输入团队名称/ }), '星海');
  await user.click(screen.getByRole('button', { name: '退出团队' }));
  expect(screen.getByText('和「星海科技」不一样')).toBeInTheDocument();
  expect(backend.callsOf('org.Offboard')).toEqual([]);

  backend.handle('org', { Offboard: () => null });
  const before = backend.callsOf('app.State').length;
  await user.type(screen.getByRole('textbox', { name: /输入团队名称/ }), '科技{Enter}');
  expect(backend.callsOf('org.Offboard')).toEqual([[{ userId: 'me', mode: 'left', heirs: [], note: '' }]]);
  expect(backend.callsOf('app.State').length).toBeGreaterThan(before);
});

test('what one is responsible for is handed over, and a refusal is shown', async () => {
  items = [GROUP, { ...GROUP, id: 'chat:g2', title: '客户群', heirId: 'u1' }];
  await open();
  await screen.findByText('你负责的内容交给谁。空着的留给管理员，列在「离开与交接」');
  expect(screen.getAllByText('群主')).toHaveLength(2);
  await user.type(screen.getByRole('textbox', { name: /输入团队名称/ }), '星海科技');
  await user.click(screen.getByRole('button', { name: '退出团队' }));
  expect(backend.callsOf('org.Offboard')).toEqual([[{ userId: 'me', mode: 'left', heirs: [{ itemId: 'chat:g2', userId: 'u1' }], note: '' }]]);
  expect(await screen.findByRole('alert')).toHaveTextContent('没能退出：你是唯一的所有者');
});

test('the only owner is told why not, and what to do', async () => {
  role = 'owner';
  const { place } = await open();
  await screen.findByText(/你是唯一的所有者，还不能退出/);
  expect(screen.queryByRole('button', { name: '退出团队' })).toBeNull();
  await user.click(screen.getByRole('button', { name: '打开通讯录' }));
  expect(place()).toBe('/org');
});

test('one of two owners may leave', async () => {
  role = 'owner';
  owners = [me, aMember({ role: 'owner' })];
  await open();
  expect(await screen.findByRole('button', { name: '退出团队' })).toBeEnabled();
});
