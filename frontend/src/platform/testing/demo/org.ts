import { Fault } from '../../fault';
import { rejection } from '../fake-backend';
import type { Handlers } from '../fake-backend';
import { ago } from './clock';
import { colour, DEPARTMENTS, ME, PEOPLE, person } from './people';

function path(departmentId: string): string[] {
  const found = DEPARTMENTS.find(([id]) => id === departmentId);
  return found ? [...path(found[1]), found[2]] : [];
}

function within(departmentId: string, top: string): boolean {
  if (departmentId === top) return true;
  const found = DEPARTMENTS.find(([id]) => id === departmentId);
  return found !== undefined && found[1] !== '' && within(found[1], top);
}

function member(userId: string) {
  const { name, pinyin, departmentId, position, online, role } = person(userId);
  const number = PEOPLE.findIndex((one) => one.userId === userId) + 1;
  return {
    userId,
    name,
    pinyin,
    staffNo: `XH${String(1000 + number * 7)}`,
    departmentId,
    departmentPath: path(departmentId),
    position,
    phone: `138 0013 ${String(8000 + number * 13)}`,
    email: `${pinyin.replace(/\W/g, '.')}@example.com`,
    kind: userId === 'u12' ? 'external' : 'regular',
    role,
    online,
    joinedAt: ago(60 * 24 * (200 - number * 9)),
    self: userId === ME,
    avatar: colour(userId),
  };
}

interface Query {
  text: string;
  departmentId: string;
  limit: number;
  offset: number;
}

function find({ text, departmentId, limit, offset }: Query) {
  const query = text.trim().toLowerCase();
  const all = PEOPLE.map(({ userId }) => member(userId)).filter(
    (one) =>
      (departmentId === '' || within(one.departmentId, departmentId)) &&
      [one.name.toLowerCase(), one.pinyin, one.staffNo.toLowerCase(), one.position].some((field) => field.includes(query)),
  );
  return { members: all.slice(offset, limit > 0 ? offset + limit : undefined), total: all.length };
}

function departments() {
  return DEPARTMENTS.map(([id, parentId, name]) => ({
    id,
    parentId,
    name,
    members: PEOPLE.filter((one) => one.departmentId === id).length,
    total: PEOPLE.filter((one) => within(one.departmentId, id)).length,
  }));
}

/** A directory that can be read. What would change it is refused, as for a member without rights. */
export function demoOrg(): Handlers {
  const refuse = () => {
    throw rejection(new Fault('denied'));
  };
  return {
    Me: () => member(ME),
    Member: member,
    Members: find,
    Departments: departments,
    CanManage: () => true,
    CreateDepartment: refuse,
    RenameDepartment: refuse,
    MoveDepartment: refuse,
    RemoveDepartment: refuse,
    RenameTeam: refuse,
    SaveProfile: () => member(ME),
    GrantRole: refuse,
  };
}
