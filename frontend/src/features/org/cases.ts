// Requests, permissions and leaving: types and pure helpers.

import type { Role } from '../../platform/api';
import type { Member, MemberKind } from './model';

export type RequestState = 'open' | 'approved' | 'refused' | 'withdrawn';
export type RequestBox = 'mine' | 'to_review' | 'all';

export interface RequestStep {
  /** "dept_admin" or "admin". */
  role: string;
  /** open, approved, refused, skipped */
  state: string;
  byName: string;
  /** RFC 3339, "" while it is open. */
  at: string;
  comment: string;
}

export interface Request {
  id: string;
  kind: 'account' | 'profile' | 'department';
  state: RequestState;
  byId: string;
  byName: string;
  /** RFC 3339 */
  at: string;
  subjectId: string;
  subject: string;
  note: string;
  fields: { name: string; from: string; to: string }[];
  steps: RequestStep[];
  canReview: boolean;
  canWithdraw: boolean;
}

export interface ReviewResult {
  /** Afterwards; its kind is "" when it is no longer mine to see. */
  request: Pick<Request, 'id'> & { kind: Request['kind'] | '' };
  /** The link of the invitation made for an approved account, "" otherwise. */
  invitation: string;
}

export interface AccountRequest {
  name: string;
  staffNo: string;
  departmentId: string;
  position: string;
  kind: MemberKind;
  note: string;
}

export interface Permissions {
  role: Role;
  departmentName: string;
  items: { kind: string; scopeId: string; name: string; role: string; since: string }[];
  /** RFC 3339, "" when never; when the next look is due, "" when never. */
  reviewedAt: string;
  dueAt: string;
}

export interface HandoverItem {
  id: string;
  feature: string;
  kind: string;
  title: string;
  /** Who takes it over by default, "" for nobody. */
  heirId: string;
}

export interface OffboardPlan {
  member: Member;
  items: HandoverItem[];
  devices: number;
}

export const LEAVE_MODES = ['left', 'removed', 'compromised'] as const;
export type LeaveMode = (typeof LEAVE_MODES)[number];

export interface Leaving {
  userId: string;
  mode: LeaveMode;
  heirs: { itemId: string; userId: string }[];
  note: string;
}

export interface Offboarding {
  id: string;
  userId: string;
  name: string;
  /** RFC 3339 */
  at: string;
  byName: string;
  mode: LeaveMode;
  note: string;
  steps: { key: string; state: string; detail: string }[];
  /** How many steps are not done yet. */
  open: number;
}

export interface AccountErrors {
  name?: 'required';
  departmentId?: 'required';
  position?: 'required';
}

export function checkAccount(input: AccountRequest): AccountErrors {
  const errors: AccountErrors = {};
  for (const field of ['name', 'departmentId', 'position'] as const) if (input[field].trim() === '') errors[field] = 'required';
  return errors;
}

/** The people and departments whose duty, name or position answers a question. */
export function answers<T extends { name: string; duty: string }>(list: readonly T[], question: string): T[] {
  const words = question.trim().toLowerCase().split(/\s+/).filter((word) => word !== '');
  return list.filter(({ name, duty }) => {
    if (duty.trim() === '') return false;
    const text = `${name} ${duty}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
