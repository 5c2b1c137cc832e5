// The only caller of the directory's bindings.

import { call } from '../../platform/bindings';
import type { AccountRequest, Leaving, Offboarding, OffboardPlan, Permissions, Request, RequestBox, RequestState, ReviewResult } from './cases';
import type { Department, DutyInput, Member, Profile, RoleInput } from './model';

export interface MemberQuery {
  text: string;
  departmentId: string;
  /** "" for those who are active or frozen; "all", or one standing. */
  standing: string;
  kind: string;
  role: string;
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
  /** A square JPEG in base64. */
  setPicture: (file: string) => call<null>('org', 'SetPicture', file),
  removePicture: (userId: string) => call<null>('org', 'RemovePicture', userId),
  mergeDepartment: (id: string, into: string) => call<Department>('org', 'MergeDepartment', { id, into }),
  removeDepartment: (id: string) => call<null>('org', 'RemoveDepartment', id),
  setRole: (input: RoleInput) => call<Member>('org', 'SetRole', input),
  place: (input: { userId: string; departmentId: string }) => call<Member>('org', 'Place', input),
  setDuty: (input: DutyInput) => call<null>('org', 'SetDuty', input),
  freeze: (input: { userId: string; reason: string }) => call<Member>('org', 'Freeze', input),
  unfreeze: (userId: string) => call<Member>('org', 'Unfreeze', userId),
  requests: (query: { box: RequestBox; state: RequestState | '' }) => call<Request[]>('org', 'Requests', query),
  requestAccount: (input: AccountRequest) => call<Request>('org', 'RequestAccount', input),
  requestProfile: (profile: Profile) => call<Request>('org', 'RequestProfile', profile),
  reviewRequest: (input: { id: string; approve: boolean; comment: string }) => call<ReviewResult>('org', 'ReviewRequest', input),
  withdrawRequest: (id: string) => call<Request>('org', 'WithdrawRequest', id),
  myPermissions: () => call<Permissions>('org', 'MyPermissions'),
  confirmPermissions: () => call<Permissions>('org', 'ConfirmPermissions'),
  offboardPlan: (userId: string) => call<OffboardPlan>('org', 'OffboardPlan', userId),
  offboard: (input: Leaving) => call<Offboarding>('org', 'Offboard', input),
  offboardings: () => call<Offboarding[]>('org', 'Offboardings'),
};
