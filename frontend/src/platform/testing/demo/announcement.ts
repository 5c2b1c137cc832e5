import type { FakeBackend, Handlers } from '../fake-backend';
import { ago } from './clock';
import { ME, PEOPLE, person } from './people';

interface DemoAnnouncement {
  id: string;
  title: string;
  text: string;
  authorId: string;
  at: string;
  read: number;
  acknowledged: boolean;
  needAck: boolean;
}

const START: readonly DemoAnnouncement[] = [
  {
    id: 'a1',
    title: '星海 3.0 今晚 20:00 放量到 50%',
    text: '灰度 20% 已经运行两天，崩溃率 0.02%，同步成功率 99.97%。\n\n今晚 20:00 放量到 50%，明早 09:30 站会上看数据，再决定是否全量。\n\n值班：陈思远、徐浩然。有问题直接在「线上值班」里说。',
    authorId: 'u1',
    at: ago(35),
    read: 7,
    acknowledged: false,
    needAck: true,
  },
  {
    id: 'a2',
    title: '十二月团建地点投票结果',
    text: '最终选定莫干山，12 月 5 日出发，6 日返回。报销流程和往年一致。',
    authorId: 'u6',
    at: ago(60 * 26),
    read: 12,
    acknowledged: true,
    needAck: true,
  },
  {
    id: 'a3',
    title: '新人入职流程已更新',
    text: '入职第一天由部门负责人发邀请链接，新人在自己的电脑上加入团队。',
    authorId: 'u6',
    at: ago(60 * 49),
    read: 9,
    acknowledged: true,
    needAck: false,
  },
];

export function demoAnnouncements(backend: FakeBackend): Handlers {
  let list = START.map((one) => ({ ...one }));
  const dto = (one: DemoAnnouncement) => ({ ...one, authorName: person(one.authorId).name, total: PEOPLE.length - 1 });
  return {
    List: () => list.map(dto),
    CanPublish: () => true,
    Publish: (input: Pick<DemoAnnouncement, 'title' | 'text' | 'needAck'>) => {
      const made = { ...input, id: `a${list.length + 1}`, authorId: ME, at: ago(0), read: 0, acknowledged: true };
      list = [made, ...list];
      backend.emit('announcement.changed');
      return dto(made);
    },
    Acknowledge: (id: string) => {
      list = list.map((one) => (one.id === id ? { ...one, acknowledged: true, read: one.read + 1 } : one));
      backend.emit('announcement.changed');
    },
    Readers: (id: string) => {
      const read = list.find((one) => one.id === id)?.read ?? 0;
      const others = PEOPLE.filter(({ userId }) => userId !== ME).map(({ userId, name }) => ({ userId, name }));
      return { read: others.slice(0, read), unread: others.slice(read) };
    },
  };
}
