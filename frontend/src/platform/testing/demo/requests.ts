import type { FakeBackend, Handlers } from '../fake-backend';
import { ago } from './clock';
import { ME, person } from './people';

interface DemoRequest {
  id: string;
  kind: string;
  state: string;
  byId: string;
  byName: string;
  at: string;
  subjectId: string;
  subject: string;
  fields: { name: string; from: string; to: string }[];
  steps: { role: string; state: string; byName: string; at: string; comment: string }[];
  canReview: boolean;
  canWithdraw: boolean;
  note: string;
}

const waiting = (role: string) => ({ role, state: 'open', byName: '', at: '', comment: '' });
const answered = (role: string, state: string, byName: string, minutes: number, comment = '') => ({ role, state, byName, at: ago(minutes), comment });
const field = (name: string, from: string, to: string) => ({ name, from, to });

function request(id: string, kind: string, byId: string, minutes: number, subject: string, change: Partial<DemoRequest>): DemoRequest {
  const base = { state: 'open', subjectId: kind === 'account' ? '' : byId, note: '', fields: [], steps: [], canReview: false, canWithdraw: byId === ME };
  return { id, kind, byId, byName: person(byId).name, at: ago(minutes), subject, ...base, ...change };
}

/** Requests that can be filed, answered and withdrawn, and the permissions of the person at this device. */
export function demoRequests(backend: FakeBackend): Handlers {
  let list = [
    request('r1', 'account', 'u6', 42, '沈亦舟', {
      fields: [field('name', '', '沈亦舟'), field('department', '', '产品部'), field('position', '', '产品经理'), field('kind', '', 'probation')],
      note: '12 月 1 日入职',
      steps: [waiting('admin')],
      canReview: true,
    }),
    request('r2', 'profile', 'u3', 60 * 5, '张若曦', {
      fields: [field('department', '前端组', '设计部'), field('position', '前端工程师', '设计工程师')],
      steps: [answered('dept_admin', 'approved', '陈思远', 60 * 3, '已和设计部沟通好'), waiting('admin')],
      canReview: true,
    }),
    request('r3', 'profile', ME, 60 * 24 * 9, '周明轩', {
      state: 'refused',
      canWithdraw: false,
      fields: [field('position', '研发负责人', '首席架构师')],
      steps: [answered('admin', 'refused', '林晓雯', 60 * 24 * 8, '职位以人事任命为准，任命后再改')],
    }),
  ];
  let reviewed = '';
  const update = (id: string, change: Partial<DemoRequest>) => {
    list = list.map((one) => (one.id === id ? { ...one, ...change } : one));
    backend.emit('org.changed');
    return list.find((one) => one.id === id);
  };
  const file = (made: DemoRequest) => {
    list = [made, ...list];
    backend.emit('org.changed');
    return made;
  };
  return {
    Requests: ({ box, state }: { box: string; state: string }) =>
      list.filter((one) => (box === 'mine' ? one.byId === ME : box === 'to_review' ? one.canReview && one.state === 'open' : true) && (state === '' || one.state === state)),
    RequestAccount: ({ name, position }: { name: string; position: string }) =>
      file(request(`r${list.length + 1}`, 'account', ME, 0, name, { fields: [field('name', '', name), field('position', '', position)], steps: [waiting('admin')] })),
    RequestProfile: ({ position }: { position: string }) =>
      file(request(`r${list.length + 1}`, 'profile', ME, 0, '周明轩', { fields: [field('position', person(ME).position, position)], steps: [waiting('admin')] })),
    ReviewRequest: ({ id, approve, comment }: { id: string; approve: boolean; comment: string }) => {
      const state = approve ? 'approved' : 'refused';
      const before = list.find((one) => one.id === id);
      const steps = before?.steps.map((step) => (step.state === 'open' ? answered(step.role, state, person(ME).name, 0, comment) : step)) ?? [];
      const after = update(id, { state, steps, canReview: false, canWithdraw: false });
      return { request: after, invitation: approve && after?.kind === 'account' ? `tongzhou://join/${'8XyzAbcDefGhiJkl0123456789_-'.repeat(12)}` : '' };
    },
    WithdrawRequest: (id: string) => void update(id, { state: 'withdrawn', canReview: false, canWithdraw: false }),
    MyPermissions: () => ({
      role: 'owner',
      departmentName: '研发中心',
      items: [
        { kind: 'department', scopeId: 'd-rd', name: '研发中心', role: 'head', since: ago(60 * 24 * 180) },
        { kind: 'group', scopeId: 'release', name: '星海 3.0 版本发布群', role: 'owner', since: ago(60 * 24 * 33) },
        { kind: 'group', scopeId: 'oncall', name: '线上值班 · 应急响应', role: 'admin', since: ago(60 * 24 * 90) },
        { kind: 'team', scopeId: '', name: '星海科技', role: 'owner', since: ago(60 * 24 * 192) },
      ],
      reviewedAt: reviewed || ago(60 * 24 * 95),
      dueAt: reviewed ? ago(-60 * 24 * 90) : ago(60 * 24 * 5),
    }),
    ConfirmPermissions: () => {
      reviewed = ago(0);
      backend.emit('org.changed');
    },
  };
}
