// Builders for the tests of this feature; the app never imports this file.

import type { Request } from './cases';
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
