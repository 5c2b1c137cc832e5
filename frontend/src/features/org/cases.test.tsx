import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Fault } from '../../platform/fault';
import { rejection } from '../../platform/testing/fake-backend';
import { fakeLayout } from '../../platform/testing/layout';
import { renderScreen } from '../../platform/testing/render';
import { OrgScreen } from './components/org-screen';
import { staleAfter } from './queries';
import { aRequest, choose, fakeOrg } from './testing';
import type { FakeOrg } from './testing';

beforeAll(fakeLayout);

let org: FakeOrg;

beforeEach(() => {
  org = fakeOrg();
});

const user = userEvent.setup();
const open = (at: string) => renderScreen(<OrgScreen />, { at, staleAfter });

describe('requests (R8, R19, R107)', () => {
  test('an approved account gives the invitation to hand over', async () => {
    org.requests = [aRequest({ canReview: true })];
    await open('/org?view=requests');
    await user.click(await screen.findByRole('button', { name: /为 沈亦舟 开通账号/ }));
    await user.click(await screen.findByRole('button', { name: '同意' }));
    expect(await screen.findByTestId('invitation-link')).toHaveTextContent('tongzhou://join/new');
    expect(org.backend.callsOf('org.ReviewRequest')).toEqual([[{ id: 'r1', approve: true, comment: '' }]]);
  });

  test('who looks first sees that it was taken on, and is not told that the request is gone', async () => {
    org.requests = [aRequest({ canReview: true })];
    org.backend.handle('org', {
      ReviewRequest: ({ id }: { id: string }) => {
        // The next step is somebody else's, and not to be seen here.
        org.requests = [];
        return { request: { ...aRequest({ id }), kind: '' }, invitation: '' };
      },
    });
    const { place } = await open('/org?view=requests&request=r1');
    await user.click(await screen.findByRole('button', { name: '同意' }));
    expect(await screen.findByText('已同意')).toBeInTheDocument();
    await waitFor(() => expect(place()).not.toContain('request='));
    expect(screen.queryByText('没有找到这条申请')).toBeNull();
  });

  test('a refusal needs a reason', async () => {
    org.requests = [aRequest({ canReview: true })];
    await open('/org?view=requests&request=r1');
    await user.click(await screen.findByRole('button', { name: '驳回' }));
    expect(screen.getByText('驳回前请写明原因，申请人会看到')).toBeInTheDocument();
    expect(org.backend.callsOf('org.ReviewRequest')).toEqual([]);
    await user.type(screen.getByRole('textbox', { name: '审核意见' }), '还没有批复');
    await user.click(screen.getByRole('button', { name: '驳回' }));
    await waitFor(() => expect(org.backend.callsOf('org.ReviewRequest')).toEqual([[{ id: 'r1', approve: false, comment: '还没有批复' }]]));
  });

  test('a request shows what changes and who has looked at it; the one who made it takes it back', async () => {
    org.requests = [
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
    await waitFor(() => expect(org.backend.callsOf('org.WithdrawRequest')).toEqual([['r1']]));
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
      expect(org.backend.callsOf('org.RequestAccount')).toEqual([[{ name: '沈亦舟', staffNo: '', departmentId: 'design', position: '产品经理', kind: 'regular', note: '' }]]),
    );
    await waitFor(() => expect(place()).toContain('request=r9'));
  });

  test('a profile that has to be reviewed is sent as a request by the same form', async () => {
    org.backend.handle('org', {
      SaveProfile: () => {
        throw rejection(new Fault('org.profile_review'));
      },
    });
    await open('/org?person=me');
    await user.click(await screen.findByRole('button', { name: '编辑资料' }));
    await user.click(await screen.findByRole('button', { name: '保存资料' }));
    await user.click(await screen.findByRole('button', { name: '提交申请' }));
    await waitFor(() => expect(org.backend.callsOf('org.RequestProfile')).toHaveLength(1));
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
    await waitFor(() => expect(org.backend.callsOf('org.SetDuty')).toEqual([[{ userId: '', departmentId: 'design', text: '品牌、印刷' }]]));
  });

  test('own permissions are looked through when it is time', async () => {
    await open('/org?view=permissions');
    expect(await screen.findByText(/请自查一次权限/)).toBeInTheDocument();
    expect(screen.getByText('值班群').closest('li')).toHaveTextContent('群管理员');
    await user.click(screen.getByRole('button', { name: '都需要' }));
    await waitFor(() => expect(org.backend.callsOf('org.ConfirmPermissions')).toHaveLength(1));
  });
});

describe('what could not be read', () => {
  const broken = () => {
    throw rejection(new Fault('store.damaged'));
  };

  test('duties say so, and can be read again', async () => {
    org.backend.handle('org', { Members: broken });
    await open('/org?view=duties');
    const main = within(await screen.findByRole('region', { name: '找谁办事' }));
    expect(await main.findByRole('alert')).toHaveTextContent('职责没能读取');
    org.backend.handle('org', { Members: () => ({ members: org.members, total: 3 }) });
    await user.click(main.getByRole('button', { name: '重试' }));
    expect(await main.findByRole('button', { name: /图标、走查/ })).toBeInTheDocument();
  });

  test('a department that was not read is not called removed', async () => {
    org.backend.handle('org', { Departments: broken });
    await open('/org?about=design');
    const drawer = within(await screen.findByRole('complementary', { name: '部门' }));
    expect(await drawer.findByRole('alert')).toHaveTextContent('部门没能读取');
    expect(drawer.queryByText(/没有找到这个部门/)).toBeNull();
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
    expect(screen.getByText(/只有你已经收到的内容算数/)).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: '收回权限并交接' }));
    expect(screen.getByText('和「林晓雯」不一样')).toBeInTheDocument();
    expect(org.backend.callsOf('org.Offboard')).toEqual([]);
    await user.type(screen.getByRole('textbox', { name: /输入姓名/ }), '林晓雯{Enter}');
    await waitFor(() =>
      expect(org.backend.callsOf('org.Offboard')).toEqual([[{ userId: 'u1', mode: 'compromised', heirs: [{ itemId: 'chat g1', userId: 'u2' }], note: '笔记本被偷' }]]),
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
    org.left = [{ id: 'l1', userId: 'x', name: '宋知远', at: '2026-11-19T02:00:00.000Z', byName: '林晓雯', mode: 'left', note: '', steps: [{ key: 'requests', state: 'open', detail: '2' }], open: 1 }];
    await open('/org?view=handover');
    expect(await screen.findByText('1 项未完成')).toBeInTheDocument();
    expect(screen.getByText('还有 2 条申请没有处理')).toBeInTheDocument();
  });
});
