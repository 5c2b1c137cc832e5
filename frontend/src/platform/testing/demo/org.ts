import { Fault } from '../../fault';
import { rejection } from '../fake-backend';
import type { FakeBackend, Handlers } from '../fake-backend';
import { ago } from './clock';
import { demoLeaving } from './leaving';
import { colour, DEPARTMENTS, ME, PEOPLE, person } from './people';
import { demoRequests } from './requests';

function path(departmentId: string): string[] {
  const found = DEPARTMENTS.find(([id]) => id === departmentId);
  return found ? [...path(found[1]), found[2]] : [];
}

function within(departmentId: string, top: string): boolean {
  if (departmentId === top) return true;
  const found = DEPARTMENTS.find(([id]) => id === departmentId);
  return found !== undefined && found[1] !== '' && within(found[1], top);
}

/** What can be asked of whom. */
const DUTIES: Record<string, string> = {
  u1: '设计走查、品牌素材、图标',
  u6: '新人入职、活动报名、物料申请',
  u7: '服务器权限、网络故障、线上告警',
  'd-rd': '技术方案评审、发布窗口、代码权限',
  'd-sales': '报价、合同模板、客户对接',
};

/** Something that is clearly no drawn letter. */
const PHOTOGRAPH = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path fill="#9cc3e6" d="M0 0h8v8H0z"/><circle cx="4" cy="3" r="1.6" fill="#f2c9a5"/><path fill="#34506e" d="M1 8c0-4 6-4 6 0z"/></svg>',
)}`;

interface Changed {
  role?: string;
  departmentId?: string;
  duty?: string;
  standing?: string;
}

interface Query {
  text: string;
  departmentId: string;
  standing: string;
  kind: string;
  role: string;
  limit: number;
  offset: number;
}

/** A directory of which the owner can change people. Departments are as they are: what would change them is refused. */
export function demoOrg(backend: FakeBackend): Handlers {
  const changed = new Map<string, Changed>([['u11', { standing: 'frozen' }]]);
  const duties = new Map(Object.entries(DUTIES));
  const pictures = new Map([['u1', PHOTOGRAPH]]);

  const member = (userId: string) => {
    const { name, pinyin, position, online, ...fixed } = person(userId);
    const change = changed.get(userId) ?? {};
    const departmentId = change.departmentId ?? fixed.departmentId;
    const role = change.role ?? fixed.role;
    const standing = change.standing ?? 'active';
    const number = PEOPLE.findIndex((one) => one.userId === userId) + 1;
    const self = userId === ME;
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
      roles: [{ role, departmentId: role === 'head' || role === 'dept_admin' ? departmentId : '' }],
      standing,
      since: standing === 'active' ? '' : ago(95),
      duty: duties.get(userId) ?? '',
      placed: true,
      namesake: false,
      canManage: !self,
      canPlace: !self,
      canState: true,
      canFreeze: !self,
      online: online && standing === 'active',
      joinedAt: ago(60 * 24 * (200 - number * 9)),
      self,
      avatar: colour(userId),
      picture: pictures.has(userId) ? `p${String(pictures.get(userId)?.length)}` : '',
      pictureHere: pictures.has(userId),
      canRemovePicture: pictures.has(userId),
      avatars: 'photo',
    };
  };

  const find = ({ text, departmentId, standing, kind, role, limit, offset }: Query) => {
    const query = text.trim().toLowerCase();
    const all = PEOPLE.map(({ userId }) => member(userId)).filter(
      (one) =>
        (departmentId === '' || within(one.departmentId, departmentId)) &&
        (standing === '' ? one.standing !== 'removed' && one.standing !== 'left' : one.standing === standing) &&
        (kind === '' || one.kind === kind) &&
        (role === '' || one.role === role) &&
        [one.name.toLowerCase(), one.pinyin, one.staffNo.toLowerCase(), one.position].some((field) => field.includes(query)),
    );
    return { members: all.slice(offset, limit > 0 ? offset + limit : undefined), total: all.length };
  };

  const people = (departmentId: string, role: string) =>
    PEOPLE.map(({ userId }) => member(userId))
      .filter((one) => one.role === role && one.departmentId === departmentId)
      .map(({ userId, name }) => ({ userId, name }));
  const departments = () =>
    DEPARTMENTS.map(([id, parentId, name]) => ({
      id,
      parentId,
      name,
      members: PEOPLE.filter((one) => one.departmentId === id).length,
      total: PEOPLE.filter((one) => within(one.departmentId, id)).length,
      heads: people(id, 'head'),
      admins: people(id, 'dept_admin'),
      duty: duties.get(id) ?? '',
      canState: true,
    }));

  const change = (userId: string, values: Changed) => {
    changed.set(userId, { ...changed.get(userId), ...values });
    backend.emit('org.changed');
    return member(userId);
  };
  const refuse = () => {
    throw rejection(new Fault('denied'));
  };
  return {
    Me: () => member(ME),
    Member: member,
    Members: find,
    Departments: departments,
    CreateDepartment: refuse,
    RenameDepartment: refuse,
    MoveDepartment: refuse,
    MergeDepartment: refuse,
    RemoveDepartment: () => {
      throw rejection(new Fault('org.department_not_empty'));
    },
    RenameTeam: refuse,
    SaveProfile: () => {
      throw rejection(new Fault('org.profile_review'));
    },
    SetRole: ({ userId, role, departmentId }: { userId: string; role: string; departmentId: string }) => change(userId, { role, ...(departmentId ? { departmentId } : {}) }),
    Place: ({ userId, departmentId }: { userId: string; departmentId: string }) => change(userId, { departmentId }),
    SetDuty: ({ userId, departmentId, text }: { userId: string; departmentId: string; text: string }) => {
      duties.set(userId || departmentId, text);
      backend.emit('org.changed');
    },
    Picture: (userId: string) => ({ data: pictures.get(userId) ?? '' }),
    SetPicture: (file: string) => {
      pictures.set(ME, `data:image/jpeg;base64,${file}`);
      backend.emit('org.changed');
    },
    RemovePicture: (userId: string) => {
      pictures.delete(userId);
      backend.emit('org.changed');
    },
    Freeze: ({ userId }: { userId: string }) => void change(userId, { standing: 'frozen' }),
    Unfreeze: (userId: string) => void change(userId, { standing: 'active' }),
    ...demoRequests(backend),
    ...demoLeaving(member, (userId, mode) => void change(userId, { standing: mode === 'left' ? 'left' : 'removed' })),
  };
}
