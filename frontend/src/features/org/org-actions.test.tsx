import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Fault } from '../../platform/fault';
import { rejection } from '../../platform/testing/fake-backend';
import { fakeLayout } from '../../platform/testing/layout';
import { renderScreen } from '../../platform/testing/render';
import { OrgScreen } from './components/org-screen';
import { staleAfter } from './queries';
import { aMember, choose, fakeOrg, MAY } from './testing';
import type { FakeOrg } from './testing';

beforeAll(fakeLayout);

let org: FakeOrg;

beforeEach(() => {
  org = fakeOrg();
});

const user = userEvent.setup();
const open = (at: string) => renderScreen(<OrgScreen />, { at, staleAfter });
const menuItem = (name: string) => screen.findByRole('menuitem', { name, hidden: true });

async function manage(item: string) {
  await open('/org?person=u1');
  await user.click(await screen.findByRole('button', { name: '管理' }));
  await user.click(await menuItem(item));
}

describe('managing a colleague (R16, R25, R29)', () => {
  test('a role of a department asks for the department', async () => {
    await manage('调整角色');
    await screen.findByRole('dialog', { name: '调整 林晓雯 的角色' });
    await choose('角色', '部门负责人');
    await choose(/负责的部门/, '销售部');
    await user.click(screen.getByRole('button', { name: '保存角色' }));
    await waitFor(() => expect(org.backend.callsOf('org.SetRole')).toEqual([[{ userId: 'u1', role: 'head', departmentId: 'sales' }]]));
  });

  test('an admin cannot give what is as strong as an admin', async () => {
    org.role = 'admin';
    await manage('调整角色');
    await screen.findByRole('dialog');
    await user.click(screen.getByRole('combobox', { name: '角色' }));
    const offered = (await screen.findAllByRole('option', { hidden: true })).map((option) => option.textContent);
    expect(offered).toEqual(['部门负责人', '部门管理员', '成员', '访客']);
  });

  test('freezing says what happens, also offline, and asks why', async () => {
    await manage('冻结账号');
    const dialog = within(await screen.findByRole('dialog', { name: '冻结 林晓雯 的账号' }));
    expect(dialog.getByText(/离线的设备在下次联网时停下/)).toBeInTheDocument();
    await user.click(dialog.getByRole('button', { name: '冻结账号' }));
    expect(dialog.getByText('写明原因，会记入日志')).toBeInTheDocument();
    expect(org.backend.callsOf('org.Freeze')).toEqual([]);
    await user.type(dialog.getByRole('textbox', { name: /原因/ }), '电脑遗失{Enter}');
    await waitFor(() => expect(org.backend.callsOf('org.Freeze')).toEqual([[{ userId: 'u1', reason: '电脑遗失' }]]));
  });

  test('a frozen account says so, and can only be given back or ended', async () => {
    org.members[1] = aMember({ ...MAY, standing: 'frozen', since: '2026-11-21T01:07:00.000Z' });
    await open('/org?person=u1');
    expect(await screen.findByText(/账号已冻结，不能收发和操作/)).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: '管理' }));
    expect((await screen.findAllByRole('menuitem', { hidden: true })).map((item) => item.textContent)).toEqual(['解除冻结', '办理离开']);
    await user.click(await menuItem('解除冻结'));
    await user.click(await screen.findByRole('button', { name: '解除冻结' }));
    await waitFor(() => expect(org.backend.callsOf('org.Unfreeze')).toEqual([['u1']]));
  });

  test('who may do nothing is offered nothing', async () => {
    await open('/org?person=u2');
    await screen.findByRole('button', { name: '发消息' });
    expect(screen.queryByRole('button', { name: '管理' })).toBeNull();
  });

  test('what was refused stays in the dialog with the reason', async () => {
    org.backend.handle('org', {
      Place: () => {
        throw rejection(new Fault('org.department_unknown'));
      },
    });
    await manage('调整部门');
    await screen.findByRole('dialog', { name: '调整 林晓雯 的部门' });
    await user.click(screen.getByRole('button', { name: '保存部门' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('没有找到这个部门');
  });
});

describe('departments (R25)', () => {
  test('one is merged into another, and not into itself', async () => {
    await open('/org?department=sales');
    await user.click(await screen.findByRole('button', { name: '销售部，更多操作' }));
    await user.click(await menuItem('合并到其他部门'));
    await screen.findByRole('dialog', { name: '合并「销售部」' });
    await user.click(screen.getByRole('button', { name: '合并部门' }));
    expect(screen.getByText('选一个部门')).toBeInTheDocument();
    await choose('合并到', '设计部');
    expect(screen.queryByRole('option', { name: '销售部', hidden: true })).toBeNull();
    await user.click(screen.getByRole('button', { name: '合并部门' }));
    await waitFor(() => expect(org.backend.callsOf('org.MergeDepartment')).toEqual([[{ id: 'sales', into: 'design' }]]));
  });

  test('Enter twice sends once', async () => {
    let done: (value: unknown) => void = () => undefined;
    org.backend.handle('org', { RenameDepartment: () => new Promise((resolve) => (done = resolve)) });
    await open('/org?department=sales');
    await user.click(await screen.findByRole('button', { name: '销售部，更多操作' }));
    await user.click(await menuItem('修改名称'));
    await user.type(await screen.findByRole('textbox', { name: '部门名称' }), '二部{Enter}{Enter}');
    await waitFor(() => expect(org.backend.callsOf('org.RenameDepartment')).toEqual([['sales', '销售部二部']]));
    done(null);
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(org.backend.callsOf('org.RenameDepartment')).toHaveLength(1);
  });

  test('one with people in it is not removed, and the dialog says why', async () => {
    org.backend.handle('org', {
      RemoveDepartment: () => {
        throw rejection(new Fault('org.department_not_empty'));
      },
    });
    await open('/org?department=sales');
    await user.click(await screen.findByRole('button', { name: '销售部，更多操作' }));
    await user.click(await menuItem('删除部门'));
    const dialog = within(await screen.findByRole('dialog', { name: '删除「销售部」' }));
    await user.click(dialog.getByRole('button', { name: '删除部门' }));
    expect(await dialog.findByRole('alert')).toHaveTextContent('部门里还有人或下级部门');
  });
});

test('the table is narrowed by standing, kind and role (R7, R28)', async () => {
  org.members.push(aMember({ userId: 'u3', name: '何知然', standing: 'frozen' }));
  const { place } = await open('/org');
  // Who is frozen keeps their place in the list.
  expect(await screen.findByRole('row', { name: /何知然/ })).toHaveTextContent('已冻结');
  await user.click(await screen.findByRole('button', { name: '筛选成员' }));
  await user.click(await screen.findByRole('menuitemcheckbox', { name: '已冻结', hidden: true }));
  await waitFor(() => expect(screen.queryByRole('row', { name: /陈思远/ })).toBeNull());
  expect(screen.getByRole('row', { name: /何知然/ })).toHaveTextContent('已冻结');
  expect(place()).toContain('standing=frozen');
});
