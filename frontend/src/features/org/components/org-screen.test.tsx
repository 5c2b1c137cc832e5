import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Role } from '../../../platform/api';
import { Fault } from '../../../platform/fault';
import { FakeBackend, rejection } from '../../../platform/testing/fake-backend';
import { fakeLayout } from '../../../platform/testing/layout';
import { anAppState, renderScreen } from '../../../platform/testing/render';
import type { Department, Member } from '../model';
import { staleAfter } from '../queries';
import { aDepartment, aMember } from '../testing';
import { OrgScreen } from './org-screen';

beforeAll(fakeLayout);

const me = aMember({ userId: 'me', name: '周明轩', self: true, role: 'owner', departmentId: '', departmentPath: [], position: '' });
const tree: Department[] = [
  aDepartment({ id: 'product', name: '产品中心', total: 2 }),
  aDepartment({ id: 'design', parentId: 'product', name: '设计部' }),
  aDepartment({ id: 'sales', name: '销售部', members: 0, total: 0 }),
];

interface Story {
  role?: Role;
  members?: Member[];
  departments?: Department[];
}

function backend({ role = 'owner', members = [me, aMember()], departments = tree }: Story = {}): FakeBackend {
  return new FakeBackend()
    .handle('app', { State: () => anAppState({ role }) })
    .handle('org', {
      Me: () => me,
      Member: (id: string) => members.find((member) => member.userId === id),
      Members: ({ text, departmentId }: { text: string; departmentId: string }) => {
        const found = members.filter((member) => member.name.includes(text) && (departmentId === '' || member.departmentId === departmentId));
        return { members: found, total: found.length };
      },
      Departments: () => departments,
      CreateDepartment: (parentId: string, name: string) => aDepartment({ id: 'new', parentId, name }),
      RenameDepartment: () => null,
      MoveDepartment: () => null,
      RenameTeam: () => null,
      SaveProfile: (profile: Partial<Member>) => ({ ...me, ...profile }),
      Requests: () => [],
      Offboardings: () => [],
    })
    .install();
}

const open = (at = '/org') => renderScreen(<OrgScreen />, { at, staleAfter });

describe('members (R5, R6, R28)', () => {
  test('the table shows name, staff number, position, department and whether they are here', async () => {
    backend();
    await open();
    const row = await screen.findByRole('row', { name: /林晓雯/ });
    expect(within(row).getAllByRole('gridcell').map((cell) => cell.textContent)).toEqual(['林晓雯', 'XH1014', '资深设计师', '设计部', '在线']);
    const own = screen.getByRole('row', { name: /周明轩/ });
    expect(within(own).getAllByRole('gridcell').map((cell) => cell.textContent)).toEqual(['周明轩我所有者', 'XH1014', '—', '—', '在线']);
  });

  test('a department narrows the table, and both are in the address', async () => {
    backend();
    const { place } = await open();
    fireEvent.click(await screen.findByRole('treeitem', { name: /设计部/ }));
    await waitFor(() => expect(screen.queryByRole('row', { name: /周明轩/ })).toBeNull());
    expect(screen.getByRole('heading', { name: '设计部' })).toBeVisible();
    expect(place()).toContain('department=design');
  });

  test('says what an empty department and a search without a match leave, and the way back', async () => {
    backend();
    await open('/org?department=sales');
    expect(await screen.findByText('这个部门还没有人')).toBeVisible();
    fireEvent.click(screen.getByRole('button', { name: '查看全部成员' }));
    await screen.findByRole('row', { name: /林晓雯/ });
    fireEvent.change(screen.getByRole('searchbox'), { target: { value: 'zrx' } });
    expect(await screen.findByText('没有找到「zrx」。试试姓名、拼音或部门')).toBeVisible();
  });

  test('a department that is not known shows everybody', async () => {
    backend();
    await open('/org?department=gone');
    expect(await screen.findByRole('row', { name: /林晓雯/ })).toBeVisible();
    expect(screen.getByRole('treeitem', { name: '全部成员' })).toHaveAttribute('aria-selected', 'true');
  });

  test('arrow keys move through the table behind an open profile', async () => {
    backend();
    const { place } = await open('/org?person=me');
    const grid = await screen.findByRole('grid');
    await screen.findByRole('button', { name: '编辑资料' });
    fireEvent.keyDown(grid, { key: 'ArrowDown' });
    expect(await screen.findByRole('heading', { name: '林晓雯' })).toBeVisible();
    expect(place()).toContain('person=u1');
    expect(grid).toHaveAttribute('aria-activedescendant', within(grid).getByRole('row', { selected: true }).id);
    expect(within(grid).getByRole('row', { selected: true })).toHaveTextContent('林晓雯');
  });
});

describe('departments (R25)', () => {
  test('the tree walks and opens by keyboard', async () => {
    backend();
    const { place } = await open('/org?department=product');
    const branch = await screen.findByRole('treeitem', { name: /产品中心/ });
    expect(branch).toHaveAttribute('aria-expanded', 'true');
    const keys = screen.getByRole('tree');
    fireEvent.keyDown(keys, { key: 'ArrowLeft' });
    expect(screen.queryByRole('treeitem', { name: /设计部/ })).toBeNull();
    fireEvent.keyDown(keys, { key: 'ArrowRight' });
    fireEvent.keyDown(keys, { key: 'ArrowRight' });
    await waitFor(() => expect(place()).toContain('department=design'));
  });

  test('an admin creates one below the selected department', async () => {
    const fake = backend({ role: 'admin' });
    await open('/org?department=product');
    fireEvent.click(await screen.findByRole('button', { name: '新建部门' }));
    const dialog = await screen.findByRole('dialog', { name: '新建部门' });
    fireEvent.click(within(dialog).getByRole('button', { name: '创建部门' }));
    expect(within(dialog).getByText('名称不能为空')).toBeVisible();
    fireEvent.change(within(dialog).getByRole('textbox', { name: /部门名称/ }), { target: { value: ' 研究组 ' } });
    fireEvent.click(within(dialog).getByRole('button', { name: '创建部门' }));
    await waitFor(() => expect(fake.callsOf('org.CreateDepartment')).toEqual([['product', '研究组']]));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  });

  test('what is refused stays in the dialog with the reason', async () => {
    const fake = backend();
    fake.handle('org', {
      CreateDepartment: () => {
        throw rejection(new Fault('org.department_exists', { name: '设计部' }));
      },
    });
    await open();
    fireEvent.click(await screen.findByRole('button', { name: '新建部门' }));
    const dialog = await screen.findByRole('dialog', { name: '新建部门' });
    fireEvent.change(within(dialog).getByRole('textbox', { name: /部门名称/ }), { target: { value: '设计部' } });
    fireEvent.click(within(dialog).getByRole('button', { name: '创建部门' }));
    expect(await within(dialog).findByText('没能保存：这里已经有「设计部」')).toBeVisible();
  });

  test('members neither change departments nor invite', async () => {
    backend({ role: 'member' });
    await open();
    await screen.findByRole('row', { name: /林晓雯/ });
    for (const name of ['新建部门', '邀请同事', /更多操作/]) expect(screen.queryByRole('button', { name })).toBeNull();
  });

  test('inviting opens the dialog of the team, by the address', async () => {
    backend();
    const { place } = await open();
    fireEvent.click(await screen.findByRole('button', { name: '邀请同事' }));
    await waitFor(() => expect(place()).toContain('invite=1'));
  });
});

describe('profile (R3, R5, R6, R7)', () => {
  test('leads to the chat with the person', async () => {
    backend();
    const { place } = await open('/org?person=u1');
    fireEvent.click(await screen.findByRole('button', { name: '发消息' }));
    await waitFor(() => expect(place()).toBe('/chat?person=u1'));
  });

  test('the own profile is edited, and a refusal stands at its field', async () => {
    const fake = backend();
    fake.handle('org', {
      SaveProfile: () => {
        throw rejection(new Fault('org.name_length', { min: '2', max: '30' }));
      },
    });
    await open('/org?person=me');
    fireEvent.click(await screen.findByRole('button', { name: '编辑资料' }));
    const dialog = await screen.findByRole('dialog', { name: '编辑资料' });
    const name = within(dialog).getByRole('textbox', { name: /姓名/ });
    fireEvent.change(name, { target: { value: '周' } });
    fireEvent.click(within(dialog).getByRole('button', { name: '保存资料' }));
    await waitFor(() => expect(name).toHaveAccessibleDescription('姓名要 2 到 30 个字'));
    expect(fake.callsOf('org.SaveProfile')[0]?.[0]).toMatchObject({ name: '周', staffNo: 'XH1014', kind: 'regular' });
  });
});
