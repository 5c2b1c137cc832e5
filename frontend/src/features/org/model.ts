// Pure helpers of the directory: the department tree, who may do what (a courtesy
// of the interface; the decision falls where ops are applied), and input checks.

import type { Role } from '../../platform/api';

export type MemberKind = 'regular' | 'probation' | 'external';

export interface Member {
  userId: string;
  name: string;
  pinyin: string;
  staffNo: string;
  departmentId: string;
  /** Names from the top department down to the member's own. */
  departmentPath: string[];
  position: string;
  phone: string;
  email: string;
  kind: MemberKind;
  role: Role;
  /** Roles of departments, and the role of the team. */
  roles: { role: Role; departmentId: string }[];
  standing: Standing;
  /** When the standing began, RFC 3339; "" while active. */
  since: string;
  /** What to ask this person about. */
  duty: string;
  /** The department was assigned, and not only stated by the person. */
  placed: boolean;
  /** Somebody else has the same name (R3). */
  namesake: boolean;
  /** What I may change: the role, the department, the stated duty; freezing, unfreezing and leaving. */
  canManage: boolean;
  canPlace: boolean;
  canState: boolean;
  canFreeze: boolean;
  online: boolean;
  /** RFC 3339, "" when unknown. */
  joinedAt: string;
  self: boolean;
  /** Colour of the avatar, 1…8. */
  avatar: number;
  /** Names the photograph, "" for none; it may not be on this device yet. */
  picture: string;
  pictureHere: boolean;
  canRemovePicture: boolean;
  /** The team's rule about pictures (R4): photographs, those of a department alike, or none. */
  avatars: string;
}

export type Standing = 'active' | 'frozen' | 'removed' | 'left';

export interface PersonRef {
  userId: string;
  name: string;
}

export interface Department {
  id: string;
  /** "" at the top. */
  parentId: string;
  name: string;
  /** People directly in it. */
  members: number;
  /** People in it and below. */
  total: number;
  heads: PersonRef[];
  admins: PersonRef[];
  /** What to ask this department about, and whether I may say so. */
  duty: string;
  canState: boolean;
}

export interface Profile {
  name: string;
  staffNo: string;
  departmentId: string;
  departmentName: string;
  position: string;
  phone: string;
  email: string;
  kind: MemberKind;
}

/** A department as one row of the tree. */
export interface TreeRow {
  department: Department;
  depth: number;
  /** Position among its siblings, from 1, and their number: what a tree announces. */
  position: number;
  siblings: number;
  expandable: boolean;
  expanded: boolean;
}

/** Levels that are open before anyone touched the tree. */
const OPEN_LEVELS = 2;

/** Roles that can be given; two of them are about a department. */
export const ROLES = ['owner', 'admin', 'head', 'dept_admin', 'member', 'guest'] as const;
export type GivenRole = (typeof ROLES)[number];

export function isDepartmentRole(role: Role): boolean {
  return role === 'head' || role === 'dept_admin';
}

/** The roles that I can give: owners give all, admins those below their own. */
export function givenRoles(own: Role): GivenRole[] {
  return ROLES.filter((role) => own === 'owner' || (own === 'admin' && role !== 'owner' && role !== 'admin'));
}

/** Changing the organisation and inviting people are for owners and admins (R25). */
export function canManage(role: Role): boolean {
  return role === 'owner' || role === 'admin';
}

function childrenOf(departments: readonly Department[]): Map<string, Department[]> {
  const known = new Set(departments.map((d) => d.id));
  const children = new Map<string, Department[]>();
  for (const department of departments) {
    // A parent that has not arrived yet must not hide what is below it.
    const parent = known.has(department.parentId) ? department.parentId : '';
    const list = children.get(parent);
    if (list) list.push(department);
    else children.set(parent, [department]);
  }
  return children;
}

/** Departments that are open at first: the upper levels. */
export function initiallyOpen(departments: readonly Department[]): Set<string> {
  const children = childrenOf(departments);
  const open = new Set<string>();
  let level = children.get('') ?? [];
  for (let depth = 1; depth < OPEN_LEVELS; depth++) {
    for (const department of level) open.add(department.id);
    level = level.flatMap((d) => children.get(d.id) ?? []);
  }
  return open;
}

/** The rows that are visible with the given departments open, in order. */
export function treeRows(departments: readonly Department[], open: ReadonlySet<string>): TreeRow[] {
  const children = childrenOf(departments);
  const rows: TreeRow[] = [];
  const visit = (parent: string, depth: number) => {
    const siblings = children.get(parent) ?? [];
    siblings.forEach((department, index) => {
      const expandable = children.has(department.id);
      const expanded = expandable && open.has(department.id);
      rows.push({ department, depth, position: index + 1, siblings: siblings.length, expandable, expanded });
      if (expanded) visit(department.id, depth + 1);
    });
  };
  visit('', 1);
  return rows;
}

/** Id of the row that stands for everybody. */
export const EVERYBODY = '';

/** The rows of the tree as it is shown: everybody first, then the departments. */
export function directoryRows(departments: readonly Department[], open: ReadonlySet<string>, everybody: string): TreeRow[] {
  const rows = treeRows(departments, open).map((row) => (row.depth === 1 ? { ...row, position: row.position + 1, siblings: row.siblings + 1 } : row));
  const tops = rows.filter((row) => row.depth === 1).length;
  const department = { id: EVERYBODY, parentId: '', name: everybody, members: 0, total: 0, heads: [], admins: [], duty: '', canState: false };
  return [{ department, depth: 1, position: 1, siblings: tops + 1, expandable: false, expanded: false }, ...rows];
}

/** The department itself and all below it: where it can not be moved to. */
export function subtree(departments: readonly Department[], id: string): Set<string> {
  const children = childrenOf(departments);
  const found = new Set<string>();
  const visit = (at: string) => {
    if (found.has(at)) return;
    found.add(at);
    for (const child of children.get(at) ?? []) visit(child.id);
  };
  visit(id);
  return found;
}

/** Names from the top down to the department, for pickers and headings. */
export function pathOf(departments: readonly Department[], id: string): string[] {
  const byId = new Map(departments.map((d) => [d.id, d]));
  const path: string[] = [];
  const seen = new Set<string>();
  for (let at = byId.get(id); at && !seen.has(at.id); at = byId.get(at.parentId)) {
    seen.add(at.id);
    path.unshift(at.name);
  }
  return path;
}

/** What a tree key does to the row under the cursor (WAI-ARIA tree pattern). */
export type TreeMove = { focus: string } | { open: string } | { close: string } | null;

export function treeMove(rows: readonly TreeRow[], current: string, key: string): TreeMove {
  const index = rows.findIndex((r) => r.department.id === current);
  const row = rows[index];
  const to = (target: TreeRow | undefined): TreeMove => (target ? { focus: target.department.id } : null);
  switch (key) {
    case 'ArrowDown':
      return to(rows[index + 1]);
    case 'ArrowUp':
      return to(rows[index - 1]);
    case 'Home':
      return to(rows[0]);
    case 'End':
      return to(rows.at(-1));
    case 'ArrowRight':
      if (!row?.expandable) return null;
      return row.expanded ? to(rows[index + 1]) : { open: current };
    case 'ArrowLeft':
      if (!row) return null;
      if (row.expanded) return { close: current };
      return to([...rows.slice(0, index)].reverse().find((r) => r.depth < row.depth));
    default:
      return null;
  }
}

export type ProfileField = 'name' | 'staffNo' | 'departmentId' | 'position' | 'phone' | 'email' | 'kind';

/** Fields that faults of the backend are about, so that the reason stands at the field. */
const FIELD_OF_FAULT: Readonly<Record<string, ProfileField>> = {
  'org.name_empty': 'name',
  'org.name_length': 'name',
  'org.name_characters': 'name',
  'org.staff_no': 'staffNo',
  'org.email': 'email',
  'org.phone': 'phone',
  'org.kind': 'kind',
  'org.department_unknown': 'departmentId',
};

/** The field a refused profile was refused for, null when it is about none of them. */
export function fieldOfFault({ code, params }: { code: string; params: Readonly<Record<string, string>> }): ProfileField | null {
  if (code === 'org.field_too_long') return isProfileField(params.field) ? params.field : null;
  return FIELD_OF_FAULT[code] ?? null;
}

function isProfileField(name: string | undefined): name is 'position' | 'phone' | 'email' {
  return name === 'position' || name === 'phone' || name === 'email';
}

/** The own profile as it is edited. */
export function profileOf(member: Member): Profile {
  const { name, staffNo, departmentId, position, phone, email, kind } = member;
  return { name, staffNo, departmentId, departmentName: '', position, phone, email, kind };
}

/** Departments for a select, what is below another set in; without those in `except`. */
export function departmentOptions(departments: readonly Department[], except: ReadonlySet<string> = new Set()): { value: string; label: string }[] {
  const everything = new Set(departments.map((d) => d.id));
  return treeRows(departments, everything)
    .filter(({ department }) => !except.has(department.id))
    // Ideographic spaces: ordinary ones would be collapsed.
    .map(({ department, depth }) => ({ value: department.id, label: '\u3000'.repeat(depth - 1) + department.name }));
}

/** Characters a name of a department or of the team may have. */
export const DEPARTMENT_NAME_MAX = 30;
export const TEAM_NAME_MAX = 40;

export interface RoleInput {
  userId: string;
  role: GivenRole;
  /** "" unless the role is about a department. */
  departmentId: string;
}

/** The duty of a person or of a department: one of the ids is "". */
export interface DutyInput {
  userId: string;
  departmentId: string;
  text: string;
}

export const DUTY_MAX = 500;
