// Builders and a backend for the tests of this feature; the app never imports this file.

import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { Role } from '../../platform/api';
import { FakeBackend } from '../../platform/testing/fake-backend';
import { anAppState } from '../../platform/testing/render';
import type { Offboarding, Permissions, Request } from './cases';
import type { Department, Member } from './model';

export function aMember(change: Partial<Member> = {}): Member {
  return {
    userId: 'u1',
    name: '林晓雯',
    pinyin: 'linxiaowen',
    staffNo: 'XH1014',
    departmentId: 'design',
    departmentPath: ['产品中心', '设计部'],
    position: '资深设计师',
    phone: '138 0013 8000',
    email: '',
    kind: 'regular',
    role: 'member',
    roles: [{ role: 'member', departmentId: '' }],
    standing: 'active',
    since: '',
    duty: '',
    placed: true,
    namesake: false,
    canManage: false,
    canPlace: false,
    canState: false,
    canFreeze: false,
    online: true,
    joinedAt: '2026-06-10T08:00:00.000Z',
    self: false,
    avatar: 2,
    picture: '',
    pictureHere: false,
    canRemovePicture: false,
    avatars: 'photo',
    ...change,
  };
}

export function aDepartment(change: Partial<Department> = {}): Department {
  return { id: 'design', parentId: '', name: '设计部', members: 1, total: 1, heads: [], admins: [], duty: '', canState: false, ...change };
}

export function aRequest(change: Partial<Request> = {}): Request {
  return {
    id: 'r1',
    kind: 'account',
    state: 'open',
    byId: 'u1',
    byName: '林晓雯',
    at: '2026-11-21T02:00:00.000Z',
    subjectId: '',
    subject: '沈亦舟',
    note: '',
    fields: [],
    steps: [],
    canReview: false,
    canWithdraw: false,
    ...change,
  };
}

/** Everything one may do about a colleague. */
export const MAY = { canManage: true, canPlace: true, canState: true, canFreeze: true };

/** A team of three with two departments, and what is going on in it: change it before the screen opens. */
export interface FakeOrg {
  backend: FakeBackend;
  /** Mine. */
  role: Role;
  members: Member[];
  requests: Request[];
  permissions: Permissions;
  /** Who has left. */
  left: Offboarding[];
}

const me = aMember({ userId: 'me', name: '周明轩', self: true, role: 'owner' });
const tree = [aDepartment({ id: 'design', name: '设计部', duty: '品牌素材', heads: [{ userId: 'u1', name: '林晓雯' }], canState: true }), aDepartment({ id: 'sales', name: '销售部' })];
const items = [
  { id: 'chat g1', feature: 'chat', kind: 'group', title: '值班群', heirId: '' },
  { id: 'chat g2', feature: 'chat', kind: 'group', title: '客户群', heirId: '' },
];

export function fakeOrg(): FakeOrg {
  const nothing = () => null;
  const org: FakeOrg = {
    backend: new FakeBackend(),
    role: 'owner',
    members: [me, aMember({ ...MAY, duty: '图标、走查' }), aMember({ userId: 'u2', name: '陈思远' })],
    requests: [],
    permissions: { role: 'member', departmentName: '设计部', items: [{ kind: 'group', scopeId: 'g1', name: '值班群', role: 'admin', since: '2026-06-10T08:00:00.000Z' }], reviewedAt: '', dueAt: '2020-01-01T00:00:00.000Z' },
    left: [],
  };
  org.backend
    .handle('app', { State: () => anAppState({ role: org.role }) })
    .handle('org', {
      Me: () => me,
      Member: (id: string) => org.members.find((member) => member.userId === id),
      Members: ({ standing }: { standing: string }) => {
        const found = org.members.filter((member) => (standing === '' ? member.standing === 'active' || member.standing === 'frozen' : member.standing === standing));
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
      Requests: ({ box }: { box: string }) => org.requests.filter((one) => box !== 'to_review' || one.canReview),
      RequestAccount: () => aRequest({ id: 'r9' }),
      RequestProfile: () => aRequest(),
      ReviewRequest: ({ id }: { id: string }) => ({ request: org.requests.find((one) => one.id === id), invitation: 'tongzhou://join/new' }),
      WithdrawRequest: () => aRequest(),
      MyPermissions: () => org.permissions,
      ConfirmPermissions: () => org.permissions,
      OffboardPlan: () => ({ member: org.members[1], items, devices: 2 }),
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
      Offboardings: () => org.left,
    })
    .install();
  return org;
}

export async function choose(label: string | RegExp, option: string) {
  const user = userEvent.setup();
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
