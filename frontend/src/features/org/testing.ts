// Builders for the tests of this feature; the app never imports this file.

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
    online: true,
    joinedAt: '2026-06-10T08:00:00.000Z',
    self: false,
    avatar: 2,
    ...change,
  };
}

export function aDepartment(change: Partial<Department> = {}): Department {
  return { id: 'design', parentId: '', name: '设计部', members: 1, total: 1, ...change };
}
