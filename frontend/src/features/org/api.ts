// The only caller of the directory's bindings.

import { call } from '../../platform/bindings';
import type { Department, GrantableRole, Member, Profile } from './model';

export interface MemberQuery {
  text: string;
  departmentId: string;
  limit: number;
  offset: number;
}

export interface MemberPage {
  members: Member[];
  total: number;
}

export const orgApi = {
  me: () => call<Member>('org', 'Me'),
  member: (userId: string) => call<Member>('org', 'Member', userId),
  members: (query: MemberQuery) => call<MemberPage>('org', 'Members', query),
  departments: () => call<Department[]>('org', 'Departments'),
  createDepartment: (parentId: string, name: string) => call<Department>('org', 'CreateDepartment', parentId, name),
  renameDepartment: (id: string, name: string) => call<null>('org', 'RenameDepartment', id, name),
  moveDepartment: (id: string, parentId: string) => call<null>('org', 'MoveDepartment', id, parentId),
  renameTeam: (name: string) => call<null>('org', 'RenameTeam', name),
  saveProfile: (profile: Profile) => call<Member>('org', 'SaveProfile', profile),
  grantRole: (userId: string, role: GrantableRole) => call<Member>('org', 'GrantRole', userId, role),
};
