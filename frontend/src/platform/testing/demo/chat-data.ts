// Conversations of the demonstration. Invented.

import { ago } from './clock';
import { colour, ME, PEOPLE, person } from './people';

export interface DemoMessage {
  id: string;
  chatId: string;
  senderId: string;
  senderName: string;
  text: string;
  at: string;
  own: boolean;
  late: boolean;
  state: 'saved' | 'relay' | 'received';
  received: number;
  total: number;
  read: number;
}

export interface DemoChat {
  id: string;
  kind: 'direct' | 'group';
  name: string;
  purpose: string;
  peerUserId: string;
  members: string[];
  avatar: number;
  unread: number;
  mentioned: boolean;
  draft: string;
  muted: boolean;
  pinned: boolean;
  messages: DemoMessage[];
}

/** [sender, minutes ago, text] */
type Line = readonly [string, number, string];

const RELEASE: readonly Line[] = [
  ['u3', 96, '附件预览在 WebKit 里会回退到衬线字体，行高偏大，表格换行错位。'],
  ['u3', 95, '我先定位是哪一级回退出了问题'],
  ['u1', 62, '收到，标注稿已经放到文件库「设计规范」里，大家看一下深色模式的层级'],
  [ME, 58, '辛苦。张若曦那边今天下班前能有结论吗？'],
  ['u3', 55, '能，15:00 前给结论'],
  ['u1', 21, '深色模式走查，左边是调整后的层级，对比度都过了 AA'],
  ['u2', 6, '@周明轩 灰度 20% 的数据正常：崩溃率 0.02%，同步成功率 99.97%，P95 消息到达 210 毫秒'],
  ['u2', 6, '我建议今晚 20:00 放量到 50%，明早看一眼再全量'],
  [ME, 0, '同意，按这个节奏走。发布公告我来写，若曦把第三个缺陷的进展更新到任务里'],
];

const REVIEW: readonly Line[] = [
  ['u5', 60 * 27, '下周二的评审改到 14:00，会议室不变'],
  ['u6', 34, '需求说明补充了离线场景，请大家先看一遍'],
  ['u5', 27, '@周明轩 下周二的评审你来主持可以吗？'],
];

function filler(count: number): Line[] {
  const texts = ['同步模块的测试补齐了', 'The release notes are ready for review', '今天的构建通过了', '客户反馈的问题已经复现', '好的，我下午看', '会议纪要发到群里了', '👍', '明早九点半站会照常'];
  return Array.from({ length: count }, (_, index) => {
    const left = count - index;
    const sender = PEOPLE[1 + (Math.floor(index / 2) % 5)]?.userId ?? 'u1';
    return [sender, 60 * 20 + left * 47, texts[index % texts.length] ?? ''] as const;
  });
}

function messages(chatId: string, lines: readonly Line[], total: number): DemoMessage[] {
  return lines.map(([senderId, minutes, text], index) => {
    const own = senderId === ME;
    const last = index === lines.length - 1;
    return {
      id: `${chatId}-m${index + 1}`,
      chatId,
      senderId,
      senderName: person(senderId).name,
      text,
      at: ago(minutes),
      own,
      late: false,
      state: 'received',
      received: own && last ? Math.min(total, 9) : total,
      total,
      read: own && last ? Math.min(total, 5) : total,
    };
  });
}

function group(id: string, name: string, avatar: number, members: string[], lines: readonly Line[], change: Partial<DemoChat> = {}): DemoChat {
  const base = { id, kind: 'group' as const, name, purpose: '', peerUserId: '', members, avatar, unread: 0, mentioned: false, draft: '', muted: false, pinned: false };
  return { ...base, messages: messages(id, lines, members.length - 1), ...change };
}

function direct(userId: string, lines: readonly Line[], change: Partial<DemoChat> = {}): DemoChat {
  const id = `direct-${userId}`;
  const base = { id, kind: 'direct' as const, name: person(userId).name, purpose: '', peerUserId: userId, members: [ME, userId], avatar: colour(userId), unread: 0, mentioned: false, draft: '', muted: false, pinned: false };
  return { ...base, messages: messages(id, lines, 1), ...change };
}

export function demoChats(): DemoChat[] {
  const everyone = PEOPLE.map(({ userId }) => userId);
  return [
    group('release', '星海 3.0 版本发布群', 4, everyone, [...filler(240), ...RELEASE], { pinned: true, unread: 2 }),
    direct('u1', [['u1', 70, '首页的图标要换成线性的吗？'], ['u1', 4, '深色模式的走查标注已经放到文件库了']], { pinned: true, unread: 2 }),
    group('oncall', '线上值班 · 应急响应', 7, ['me', 'u2', 'u7'], [['u7', 11, '华东节点磁盘使用率 82%，先扩容，再清理旧日志']], { unread: 1 }),
    group('review', '产品需求评审', 1, ['me', 'u5', 'u6', 'u1'], REVIEW, { unread: 6, mentioned: true }),
    direct('u3', [[ME, 45, '字体回退的结论出来了告诉我'], ['u3', 44, '好的']], { draft: '好的，我下午三点前回' }),
    group('frontend', '前端技术小组', 2, ['me', 'u3', 'u4'], [['u4', 55, '虚拟列表性能对比的结果在这里']], { unread: 12, muted: true }),
    direct('u5', [['u5', 82, '客户那边希望合同周五前走完流程']], { unread: 1 }),
    direct('u6', [['u6', 60 * 25, '新人入职流程我更新在公告里了']]),
    group('east', '华东区客户对接群', 5, ['me', 'u8', 'u9', 'u12'], [['u9', 60 * 26, '现场部署的防火墙端口清单，已经发给对方了']], { muted: true }),
    direct('u12', [['u12', 60 * 50, 'Thanks, the contract is signed.']]),
  ];
}
