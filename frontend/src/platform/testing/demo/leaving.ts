import type { Handlers } from '../fake-backend';
import { ago } from './clock';
import { ME, person } from './people';

const GROUPS = [
  ['chat:oncall', '线上值班 · 应急响应'],
  ['chat:east', '华东区客户对接群'],
] as const;

interface Leaving {
  userId: string;
  mode: string;
  heirs: { itemId: string; userId: string }[];
  note: string;
}

const done = (key: string, detail = '') => ({ key, state: 'done', detail });

/** What people have to hand over, and who has left before. */
export function demoLeaving(member: (userId: string) => object, leave: (userId: string, mode: string) => void): Handlers {
  let list = [
    {
      id: 'l1',
      userId: 'u-former',
      name: '宋知远',
      at: ago(60 * 24 * 2),
      byName: '林晓雯',
      mode: 'removed',
      note: '',
      steps: [done('access'), done('devices', '2'), done('data'), done('chat g1', '产品周会'), { key: 'chat g2', state: 'open', detail: '客户回访' }],
      open: 1,
    },
  ];
  return {
    OffboardPlan: (userId: string) => ({
      member: member(userId),
      items: GROUPS.map(([id, title], index) => ({ id, feature: 'chat', kind: 'group', title, heirId: index === 0 ? 'u2' : '' })),
      devices: 2,
    }),
    Offboard: ({ userId, mode, heirs, note }: Leaving) => {
      leave(userId, mode);
      const handed = GROUPS.map(([id, title]) => {
        const heir = heirs.find(({ itemId }) => itemId === id);
        return heir ? done(id, title) : { key: id, state: 'open', detail: title };
      });
      const made = {
        id: `l${list.length + 1}`,
        userId,
        name: person(userId).name,
        at: ago(0),
        byName: person(ME).name,
        mode,
        note,
        steps: [done('access'), done('devices', '2'), done('data'), ...handed, { key: 'requests', state: 'open', detail: '1' }],
        open: handed.filter(({ state }) => state === 'open').length + 1,
      };
      list = [made, ...list];
      return made;
    },
    Offboardings: () => list,
  };
}
