import { Fault } from '../../fault';
import { rejection } from '../fake-backend';
import type { FakeBackend, Handlers } from '../fake-backend';
import { ago, NOW } from './clock';
import { ME, person } from './people';

type Value = boolean | number | string | string[];

interface DemoRule {
  key: string;
  group: string;
  kind: string;
  unit: string;
  min: number;
  max: number;
  least: number;
  options: string[];
  default: Value;
  value: Value;
  level: string;
  who: string;
  serves: string[];
  acts: boolean;
  final: boolean;
  at: string;
  by: string;
}

function rule(group: string, key: string, kind: string, value: Value, serves: string, change: Partial<DemoRule> = {}): DemoRule {
  const base = { unit: '', min: 0, max: 0, least: 0, options: [], level: 'H', who: 'admin', acts: false, final: false, at: '', by: '' };
  return { key, group, kind, default: value, value, serves: serves.split(' '), ...base, ...change };
}

const GROUP_ROLES = ['off', 'group_admin', 'group_owner'];
const WEEK = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** A part of the registry: of every kind, every level, changed and not, obeyed and waiting. */
const RULES: readonly DemoRule[] = [
  rule('account', 'account.profile_complete', 'bool', true, 'R5', { acts: true }),
  rule('account', 'account.avatar', 'enum', 'photo', 'R4', { level: 'D', options: ['photo', 'uniform', 'off'], acts: true }),
  rule('account', 'org.account_review', 'bool', true, 'R8 R106', { acts: true }),
  rule('account', 'org.profile_review', 'bool', true, 'R19 R106', { acts: true }),
  rule('account', 'invite.days', 'int', 7, 'R8', { unit: 'days', min: 1, max: 30, acts: true, value: 3, at: ago(60 * 50), by: '林晓雯' }),
  rule('account', 'account.passphrase_min', 'int', 8, 'R10', { unit: 'characters', min: 8, max: 64, who: 'owner' }),
  rule('account', 'account.passphrase_days', 'int', 90, 'R12', { unit: 'days', min: 30, max: 365, who: 'owner', acts: true }),
  rule('account', 'account.passphrase_remind_days', 'int', 14, 'R12', { unit: 'days', min: 1, max: 29, acts: true }),
  rule('account', 'account.idle_minutes', 'int', 15, 'R18', { unit: 'minutes', max: 240, level: 'D', acts: true, value: 10, at: ago(60 * 24 * 8), by: '周明轩' }),
  rule('account', 'account.permission_review_days', 'int', 90, 'R22', { unit: 'days', max: 365, level: 'D', acts: true }),
  rule('account', 'account.norm_required', 'bool', true, 'R23 R143', { level: 'P' }),
  rule('chat', 'chat.recall_minutes', 'int', 2, 'R35', { unit: 'minutes', max: 1440 }),
  rule('chat', 'chat.burst_same', 'int', 5, 'R45', { unit: 'times', max: 50, acts: true }),
  rule('chat', 'chat.everyone', 'enum', 'group_admin', 'R39', { level: 'D', options: GROUP_ROLES }),
  rule('chat', 'history.keep_days', 'int', 0, 'R57 R143', {
    unit: 'days', max: 36500, least: 90, options: ['0', '365', '730'], level: 'F', acts: true, final: true, value: 365, at: ago(60 * 24 * 3), by: '周明轩',
  }),
  rule('chat', 'chat.workdays', 'list', WEEK.slice(0, 5), 'R47', { min: 1, max: 7, options: WEEK }),
  rule('chat', 'chat.work_start', 'text', '09:00', 'R47', { unit: 'clock', min: 5, max: 5 }),
  rule('chat', 'chat.sensitive_words', 'list', [], 'R52', { max: 100, value: ['报价单', '客户名单'], at: ago(60 * 3), by: '周明轩' }),
  rule('chat', 'chat.forward_outside', 'bool', false, 'R53'),
  rule('files', 'files.share_days', 'int', 7, 'R122 R106', { unit: 'days', min: 1, max: 30 }),
  rule('audit', 'audit.export_roles', 'enum', 'admin', 'R139 R140', { options: ['admin', 'owner'], who: 'owner', acts: true }),
];

export function demoRules(backend: FakeBackend): Handlers {
  const rules = RULES.map((one) => ({ ...one }));
  const history = new Map<string, object[]>();
  const find = (key: string) => {
    const found = rules.find((one) => one.key === key);
    if (!found) throw rejection(new Fault('rules.unknown'));
    return found;
  };
  const dto = (one: DemoRule) => ({ ...one, changed: JSON.stringify(one.value) !== JSON.stringify(one.default), canChange: true });
  const record = (one: DemoRule, to: Value, at: string, byName: string) => {
    const entry = { at, byId: ME, byName, device: 'ThinkPad X1', from: one.default, to };
    history.set(one.key, [entry, ...(history.get(one.key) ?? [])]);
  };
  for (const one of rules) if (one.at !== '') record(one, one.value, one.at, one.by);
  const decide = (key: string, value: Value) => {
    const one = find(key);
    const at = new Date(NOW).toISOString();
    history.set(key, [{ at, byId: ME, byName: person(ME).name, device: 'ThinkPad X1', from: one.value, to: value }, ...(history.get(key) ?? [])]);
    Object.assign(one, { value, at, by: person(ME).name });
    backend.emit('rules.changed');
    return dto(one);
  };
  return {
    List: () => rules.map(dto),
    Set: ({ key, value }: { key: string; value: Value }) => decide(key, value),
    Reset: (key: string) => decide(key, find(key).default),
    History: (key: string) => history.get(key) ?? [],
  };
}
