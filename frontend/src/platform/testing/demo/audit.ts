import type { Handlers } from '../fake-backend';
import { ago } from './clock';
import { PEOPLE, person } from './people';

type Row = readonly [minutes: number, userId: string, kind: string, action: string, params: Record<string, string>, state?: string, reason?: string];

const DEVICES: Record<string, string> = { me: 'ThinkPad X1', u1: 'MacBook Air', u2: 'Windows 笔记本' };

const ROWS: readonly Row[] = [
  [12, 'me', 'rule', 'rule_set', { key: 'chat.recall_minutes', value: '5' }],
  [38, 'u1', 'member', 'invite', { role: 'member', uses: '1', dept: '前端组' }],
  [95, 'u1', 'member', 'freeze', { subject: '何知然' }],
  [130, 'u2', 'role', 'grant', { subject: '陈思远', role: 'admin', dept: '' }, 'refused', 'role'],
  [60 * 3, 'me', 'rule', 'rule_set', { key: 'chat.sensitive_words', value: '["报价单","客户名单"]' }],
  [60 * 5, 'me', 'org', 'dept_set', { dept: '华东大区', parent: '销售部' }],
  [60 * 6, 'me', 'org', 'place', { subject: '梁艺桐', dept: '华东大区' }],
  [60 * 7, 'me', 'role', 'grant', { subject: '吴诗涵', role: 'head', dept: '销售部' }],
  [60 * 26, 'me', 'device', 'device_link', { device: 'MacBook Air' }],
  [60 * 27, 'u1', 'export', 'audit_export', { entries: '418' }],
  [60 * 50, 'u1', 'rule', 'rule_set', { key: 'invite.days', value: '3' }],
  [60 * 72, 'u12', 'member', 'join', { device: 'iMac' }],
  [60 * 24 * 40, 'me', 'device', 'device_sign_out', { device: 'd9qw3e7rt5yu1iop8asd' }],
  [60 * 24 * 192, 'me', 'team', 'found', { device: 'ThinkPad X1' }],
];

/** Entries that can be filtered, with repetitions so that the list scrolls. */
export function demoAudit(): Handlers {
  const all = [0, 1, 2].flatMap((round) =>
    ROWS.slice(0, round === 2 ? ROWS.length : 12).map(([minutes, userId, kind, action, params, state = 'valid', reason = ''], index) => ({
      id: `e${round}-${index}`,
      at: ago(minutes + round * 60 * 24 * 6),
      userId,
      userName: person(userId).name,
      deviceId: `device-of-${userId}`,
      deviceName: DEVICES[userId] ?? 'iMac',
      action,
      params,
      kind,
      state,
      reason,
    })),
  );
  return {
    List: ({ userId, kind, from, to, text, before, limit }: { userId: string; kind: string; from: string; to: string; text: string; before: string; limit: number }) => {
      const names = PEOPLE.filter((one) => one.userId === userId).map(({ name }) => name);
      const found = all.filter(
        (one) =>
          (userId === '' || one.userId === userId || names.includes(one.params.subject ?? '')) &&
          (kind === '' || one.kind === kind) &&
          one.at >= from &&
          (to === '' || one.at < to) &&
          [one.userName, one.deviceName, ...Object.values(one.params)].some((word) => word.includes(text)),
      );
      const start = before === '' ? 0 : found.findIndex(({ id }) => id === before) + 1;
      return { entries: found.slice(start, start + limit), more: found.length > start + limit };
    },
    Kinds: () => ['team', 'member', 'role', 'device', 'org', 'rule', 'system', 'request', 'account', 'handover', 'export'],
    CanExport: () => true,
    Export: () => ({
      path: '/home/zhou/下载/tongzhou-audit-20261121-024218.tzaudit',
      entries: all.length,
      digest: '9f2c51d07ab3e846c0d15f7e22b94a6830e7f1c29d58ab4406e3c7912fd0b8a5',
    }),
  };
}
