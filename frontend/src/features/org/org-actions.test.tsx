import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Role } from '../../platform/api';
import { Fault } from '../../platform/fault';
import { FakeBackend, rejection } from '../../platform/testing/fake-backend';
import { fakeLayout } from '../../platform/testing/layout';
import { anAppState, renderScreen } from '../../platform/testing/render';
import type { Offboarding, Permissions, Request } from './cases';
import { OrgScreen } from './components/org-screen';
import type { Member } from './model';
import { staleAfter } from './queries';
import { aDepartment, aMember, aRequest } from './testing';

beforeAll(fakeLayout);

const MAY = { canManage: true, canPlace: true, canState: true, canFreeze: true };

let backend: FakeBackend;
let role: Role;
let members: Member[];
let requests: Request[];
let permissions: Permissions;
let left: Offboarding[];

const me = aMember({ userId: 'me', name: '周明轩', self: true, role: 'owner' });
const tree = [aDepartment({ id: 'design', name: '设计部', duty: '品牌素材', heads: [{ userId: 'u1', name: '林晓雯' }], canState: true }), aDepartment({ id: 'sales', name: '销售部' })];
const ITEMS = [
  { id: 'chat g1', feature: 'chat', kind: 'group', title: '值班群', heirId: '' },
  { id: 'chat g2', feature: 'chat', kind: 'group', title: '客户群', heirId: '' },
];

beforeEach(() => {
  role = 'owner';
  members = [me, aMember({ ...MAY, duty: '图标、走查' }), aMember({ userId: 'u2', name: '陈思远' })];
  requests = [];
  left = [];
  permissions = { role: 'member', departmentName: '设计部', items: [{ kind: 'group', scopeId: 'g1', name: '值班群', role: 'admin', since: '2026-06-10T08:00:00.000Z' }], reviewedAt: '', dueAt: '2020-01-01T00:00:00.000Z' };
  const nothing = () => null;
  backend = new FakeBackend()
    .handle('app', { State: () => anAppState({ role }) })
    .handle('org', {
      Me: () => me,
      Member: (id: string) => members.find((member) => member.userId === id),
      Members: ({ standing }: { standing: string }) => {
        const found = members.filter((member) => standing === '' ? member.standing === 'active' || member.standing === 'frozen' : member.standing === standing);
        return { members: found, total: found.length };
      },
      Departments: () => tree,
      MergeDepartment: nothing,
      RemoveDepartment: nothing,
      SetRole: () => aMember(),
      Place: () => aMember(),
      SetDuty: nothing,
      Freeze: () => aMember(),
      Unfreeze: () => aMember(),
      Requests: ({ box }: { box: string }) => requests.filter((one) => box !== 'to_review' || one.canReview),
      RequestAccount: () => aRequest({ id: 'r9' }),
      RequestProfile: () => aRequest(),
      ReviewRequest: ({ id }: { id: string }) => ({ request: requests.find((one) => one.id === id), invitation: 'tongzhou://join/new' }),
      WithdrawRequest: () => aRequest(),
      MyPermissions: () => permissions,
      ConfirmPermissions: () => permissions,
      OffboardPlan: () => ({ member: members[1], items: ITEMS, devices: 2 }),
      Offboard: ({ mode, note }: { mode: Offboarding['mode']; note: string }): Offboarding => ({
        id: 'l1',
        userId: 'u1',
        name: '林晓雯',
        at: '2026-11-21T02:00:00.000Z',
        byName: '周明轩',
        mode,
        note,
        steps: [
          { key: 'access', state: 'done', detail: '' },
          { key: 'chat g1', state: 'done', detail: '值班群' },
          { key: 'chat g2', state: 'open', detail: '客户群' },
        ],
        open: 1,
      }),
      Offboardings: () => left,
    })
    .install();
});

const user = userEvent.setup();
const open = (at: string) => renderScreen(<OrgScreen />, { at, staleAfter });

async function choose(label: string | RegExp, option: string) {
  const field = screen.getByRole('combobox', { name: label });
  await user.click(field);
  // Lists of other fields are in the page, too. And without layout nothing counts as visible that was hidden before.
  const list = await waitFor(() => {
    const found = document.getElementById(field.getAttribute('aria-controls') ?? '');
    if (!found) throw new Error('no list of options');
    return found;
  });
  await user.click(within(list).getByRole('option', { name: option, hidden: true }));
}

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
    await waitFor(() => expect(backend.callsOf('org.SetRole')).toEqual([[{ userId: 'u1', role: 'head', departmentId: 'sales' }]]));
  });

  test('an admin cannot give what is as strong as an admin', async () => {
    role = 'admin';
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
    expect(backend.callsOf('org.Freeze')).toEqual([]);
    await user.type(dialog.getByRole('textbox', { name: /原因/ }), '电脑遗失{Enter}');
    await waitFor(() => expect(backend.callsOf('org.Freeze')).toEqual([[{ userId: 'u1', reason: '电脑遗失' }]]));
  });

  test('a frozen account says so, and can only be given back or ended', async () => {
    members[1] = aMember({ ...MAY, standing: 'frozen', since: '2026-11-21T01:07:00.000Z' });
    await open('/org?person=u1');
    expect(await screen.findByText(/账号已冻结，不能收发和操作/)).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: '管理' }));
    expect((await screen.findAllByRole('menuitem', { hidden: true })).map((item) => item.textContent)).toEqual(['解除冻结', '办理离开']);
    await user.click(await menuItem('解除冻结'));
    await user.click(await screen.findByRole('button', { name: '解除冻结' }));
    await waitFor(() => expect(backend.callsOf('org.Unfreeze')).toEqual([['u1']]));
  });

  test('who may do nothing is offered nothing', async () => {
    await open('/org?person=u2');
    await screen.findByRole('button', { name: '发消息' });
    expect(screen.queryByRole('button', { name: '管理' })).toBeNull();
  });

  test('what was refused stays in the dialog with the reason', async () => {
    backend.handle('org', {
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

describe('leaving (R20, R21)', () => {
  test('why, who takes over, and the name: then everything at once, and what remains open', async () => {
    const { place } = await open('/org?person=u1&offboard=u1');
    await user.click(await screen.findByRole('radio', { name: /账号被盗/ }));
    await user.type(screen.getByRole('textbox', { name: /备注/ }), '笔记本被偷');
    await user.click(screen.getByRole('button', { name: '下一步' }));
    await choose('接手「值班群」的人', '陈思远');
    await user.click(screen.getByRole('button', { name: '下一步' }));
    expect(screen.getByText('1 项交给接手的同事，1 项留待以后')).toBeInTheDocument();
    expect(screen.getByText(/离线的设备在下次联网时停用/)).toBeInTheDocument();
    expect(screen.getByText(/只有你已经见过的内容算数/)).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: '收回权限并交接' }));
    expect(screen.getByText('和「林晓雯」不一样')).toBeInTheDocument();
    expect(backend.callsOf('org.Offboard')).toEqual([]);
    await user.type(screen.getByRole('textbox', { name: /输入姓名/ }), '林晓雯{Enter}');
    await waitFor(() =>
      expect(backend.callsOf('org.Offboard')).toEqual([[{ userId: 'u1', mode: 'compromised', heirs: [{ itemId: 'chat g1', userId: 'u2' }], note: '笔记本被偷' }]]),
    );
    expect(await screen.findByText(/还有 1 项没人接手/)).toBeInTheDocument();
    expect(screen.getByText('客户群').parentElement).toHaveTextContent('还没有人接手');
    await user.click(screen.getAllByRole('button', { name: '关闭' }).at(-1) ?? document.body);
    expect(place()).toBe('/org?person=u1');
  });

  test('everything can go to one person', async () => {
    await open('/org?offboard=u1');
    await user.click(await screen.findByRole('button', { name: '下一步' }));
    await choose('全部交给', '陈思远');
    await user.click(screen.getByRole('button', { name: '下一步' }));
    expect(screen.getByText('2 项内容交给接手的同事')).toBeInTheDocument();
  });

  test('what nobody has taken over is listed until somebody has', async () => {
    left = [{ id: 'l1', userId: 'x', name: '宋知远', at: '2026-11-19T02:00:00.000Z', byName: '林晓雯', mode: 'left', note: '', steps: [{ key: 'requests', state: 'open', detail: '2' }], open: 1 }];
    await open('/org?view=handover');
    expect(await screen.findByText('1 项未完成')).toBeInTheDocument();
    expect(screen.getByText('还有 2 条申请没有处理')).toBeInTheDocument();
  });
});

describe('requests (R8, R19, R107)', () => {
  test('an approved account gives the invitation to hand over', async () => {
    requests = [aRequest({ canReview: true })];
    await open('/org?view=requests');
    await user.click(await screen.findByRole('button', { name: /为 沈亦舟 开通账号/ }));
    await user.click(await screen.findByRole('button', { name: '同意' }));
    expect(await screen.findByTestId('invitation-link')).toHaveTextContent('tongzhou://join/new');
    expect(backend.callsOf('org.ReviewRequest')).toEqual([[{ id: 'r1', approve: true, comment: '' }]]);
  });

  test('a refusal needs a reason', async () => {
    requests = [aRequest({ canReview: true })];
    await open('/org?view=requests&request=r1');
    await user.click(await screen.findByRole('button', { name: '驳回' }));
    expect(screen.getByText('驳回前请写明原因，申请人会看到')).toBeInTheDocument();
    expect(backend.callsOf('org.ReviewRequest')).toEqual([]);
    await user.type(screen.getByRole('textbox', { name: '审核意见' }), '还没有批复');
    await user.click(screen.getByRole('button', { name: '驳回' }));
    await waitFor(() => expect(backend.callsOf('org.ReviewRequest')).toEqual([[{ id: 'r1', approve: false, comment: '还没有批复' }]]));
  });

  test('a request shows what changes and who has looked at it; the one who made it takes it back', async () => {
    requests = [
      aRequest({
        kind: 'profile',
        subject: '张若曦',
        fields: [{ name: 'position', from: '前端工程师', to: '设计工程师' }],
        steps: [
          { role: 'dept_admin', state: 'approved', byName: '陈思远', at: '2026-11-21T02:00:00.000Z', comment: '已沟通' },
          { role: 'admin', state: 'open', byName: '', at: '', comment: '' },
        ],
        canWithdraw: true,
      }),
    ];
    await open('/org?view=requests&request=r1');
    const drawer = within(await screen.findByRole('complementary', { name: '申请详情' }));
    expect((await drawer.findByText('前端工程师')).parentElement).toHaveTextContent('前端工程师 → 设计工程师');
    expect(drawer.getByText('部门负责人 · 已同意')).toBeInTheDocument();
    expect(drawer.getByText('管理员 · 待审核')).toBeInTheDocument();
    expect(drawer.queryByRole('button', { name: '同意' })).toBeNull();
    await user.click(drawer.getByRole('button', { name: '撤回申请' }));
    await waitFor(() => expect(backend.callsOf('org.WithdrawRequest')).toEqual([['r1']]));
  });

  test('an account is requested with name, department and position', async () => {
    const { place } = await open('/org?view=requests');
    await user.click(await screen.findByRole('button', { name: '申请开通账号' }));
    const dialog = within(await screen.findByRole('dialog', { name: '申请开通账号' }));
    await user.click(dialog.getByRole('button', { name: '提交申请' }));
    for (const text of ['填写真实姓名', '选一个部门', '填写职位']) expect(dialog.getByText(text)).toBeInTheDocument();
    await user.type(dialog.getByRole('textbox', { name: /姓名/ }), '沈亦舟');
    await user.type(dialog.getByRole('textbox', { name: /职位/ }), '产品经理');
    await choose(/部门/, '设计部');
    await user.click(dialog.getByRole('button', { name: '提交申请' }));
    await waitFor(() =>
      expect(backend.callsOf('org.RequestAccount')).toEqual([[{ name: '沈亦舟', staffNo: '', departmentId: 'design', position: '产品经理', kind: 'regular', note: '' }]]),
    );
    await waitFor(() => expect(place()).toContain('request=r9'));
  });

  test('a profile that has to be reviewed is sent as a request by the same form', async () => {
    backend.handle('org', {
      SaveProfile: () => {
        throw rejection(new Fault('org.profile_review'));
      },
    });
    await open('/org?person=me');
    await user.click(await screen.findByRole('button', { name: '编辑资料' }));
    await user.click(await screen.findByRole('button', { name: '保存资料' }));
    await user.click(await screen.findByRole('button', { name: '提交申请' }));
    await waitFor(() => expect(backend.callsOf('org.RequestProfile')).toHaveLength(1));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  });
});

describe('duties and permissions (R22, R29)', () => {
  test('a question finds departments and people by what they state', async () => {
    await open('/org?view=duties&q=品牌');
    expect(await screen.findByRole('button', { name: /设计部品牌素材/ })).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: /图标、走查/ })).toBeNull();
    await user.clear(screen.getByRole('searchbox', { name: /要办什么事/ }));
    expect(await screen.findByRole('button', { name: /图标、走查/ })).toBeInTheDocument();
  });

  test('a department shows its heads and duty, and states it anew', async () => {
    await open('/org?about=design');
    const drawer = within(await screen.findByRole('complementary', { name: '部门' }));
    expect(await drawer.findByRole('region', { name: '部门负责人' })).toHaveTextContent('林晓雯');
    await user.click(drawer.getByRole('button', { name: '编辑' }));
    const field = await screen.findByRole('textbox', { name: '职责' });
    await user.clear(field);
    await user.type(field, '品牌、印刷');
    await user.click(screen.getByRole('button', { name: '保存职责' }));
    await waitFor(() => expect(backend.callsOf('org.SetDuty')).toEqual([[{ userId: '', departmentId: 'design', text: '品牌、印刷' }]]));
  });

  test('own permissions are looked through when it is time', async () => {
    await open('/org?view=permissions');
    expect(await screen.findByText(/该自查一次权限了/)).toBeInTheDocument();
    expect(screen.getByText('值班群').closest('li')).toHaveTextContent('群管理员');
    await user.click(screen.getByRole('button', { name: '都需要' }));
    await waitFor(() => expect(backend.callsOf('org.ConfirmPermissions')).toHaveLength(1));
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
    await waitFor(() => expect(backend.callsOf('org.MergeDepartment')).toEqual([[{ id: 'sales', into: 'design' }]]));
  });

  test('one with people in it is not removed, and the dialog says why', async () => {
    backend.handle('org', {
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
  members.push(aMember({ userId: 'u3', name: '何知然', standing: 'frozen' }));
  const { place } = await open('/org');
  // Who is frozen keeps their place in the list.
  expect(await screen.findByRole('row', { name: /何知然/ })).toHaveTextContent('已冻结');
  await user.click(await screen.findByRole('button', { name: '筛选成员' }));
  await user.click(await screen.findByRole('menuitemcheckbox', { name: '已冻结', hidden: true }));
  await waitFor(() => expect(screen.queryByRole('row', { name: /陈思远/ })).toBeNull());
  expect(screen.getByRole('row', { name: /何知然/ })).toHaveTextContent('已冻结');
  expect(place()).toContain('standing=frozen');
});
