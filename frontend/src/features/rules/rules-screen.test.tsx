import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';
import { Fault } from '../../platform/fault';
import { FakeBackend, rejection } from '../../platform/testing/fake-backend';
import { anAppState, renderScreen } from '../../platform/testing/render';
import { RulesScreen } from './components/rules-screen';
import type { Rule, RuleChange, RuleValue } from './model';
import { staleAfter } from './queries';

const rule = (change: Partial<Rule>): Rule => ({
  key: 'invite.days',
  group: 'account',
  kind: 'int',
  unit: 'days',
  min: 1,
  max: 30,
  least: 0,
  options: [],
  default: 7,
  value: 7,
  changed: false,
  serves: ['R8'],
  level: 'H',
  who: 'admin',
  canChange: true,
  acts: true,
  final: false,
  at: '',
  by: '',
  ...change,
});

let backend: FakeBackend;
let rules: Rule[];
let history: RuleChange[];

beforeEach(() => {
  rules = [
    rule({}),
    rule({ key: 'account.idle_minutes', unit: 'minutes', min: 0, max: 240, level: 'D', default: 15, value: 0, changed: true, serves: ['R18'] }),
    rule({ key: 'account.passphrase_days', min: 30, max: 365, who: 'owner', canChange: false, default: 90, value: 90, serves: ['R12'] }),
    rule({ key: 'chat.workdays', group: 'chat', kind: 'list', unit: '', min: 1, max: 7, options: ['mon', 'tue', 'wed'], default: ['mon'], value: ['mon', 'wed'], acts: false, serves: ['R47'] }),
    rule({ key: 'chat.sensitive_words', group: 'chat', kind: 'list', unit: '', min: 0, max: 2, default: [], value: [], serves: ['R52'] }),
    rule({ key: 'org.profile_review', kind: 'bool', unit: '', default: true, value: true, serves: ['R19'] }),
  ];
  history = [];
  const decide = (key: string, value: RuleValue) => {
    rules = rules.map((one) => (one.key === key ? { ...one, value, changed: JSON.stringify(value) !== JSON.stringify(one.default) } : one));
    return rules.find((one) => one.key === key);
  };
  backend = new FakeBackend()
    .handle('app', { State: () => anAppState() })
    .handle('rules', {
      List: () => rules,
      Set: ({ key, value }: { key: string; value: RuleValue }) => decide(key, value),
      Reset: (key: string) => decide(key, rules.find((one) => one.key === key)?.default ?? ''),
      History: () => history,
    })
    .install();
});

const user = userEvent.setup();
const show = (at = '/rules') => renderScreen(<RulesScreen />, { at, staleAfter });
const row = (name: RegExp) => screen.findByRole('button', { name });

test('R143: shows every rule of a group with its value; 0 switches a reminder off', async () => {
  const { place } = await show();
  expect(await row(/邀请的有效期/)).toHaveTextContent('7 天');
  expect(await row(/无操作自动锁定/)).toHaveTextContent('关闭');
  expect(await row(/口令多久必须更换/)).toHaveTextContent('90 天');
  await user.click(screen.getByRole('button', { name: /^聊天/ }));
  expect(await row(/工作日/)).toHaveTextContent('周一、周三');
  expect(await row(/工作日/)).toHaveTextContent('对应功能还没有启用');
  expect(place()).toBe('/rules?group=chat');
});

test('searches names, values and numbers of requirements in all groups', async () => {
  await show('/rules?q=R1');
  expect(await screen.findByText('没有找到「R1」')).toBeInTheDocument();
  const search = screen.getByRole('searchbox');
  await user.clear(search);
  await user.type(search, 'r47');
  expect(await row(/工作日/)).toBeInTheDocument();
  await user.clear(search);
  await user.type(search, '有效期');
  expect(await row(/邀请的有效期/)).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: /工作日/ })).toBeNull();
});

test('R144: a number is changed within its range, and back to the default', async () => {
  await show('/rules?rule=invite.days');
  const field = await screen.findByRole('textbox', { name: '现在的值（天）' });
  await user.clear(field);
  await user.type(field, '31{Enter}');
  expect(await screen.findByText('请填 1 到 30 之间的数')).toBeInTheDocument();
  expect(backend.callsOf('rules.Set')).toEqual([]);
  await user.clear(field);
  await user.type(field, '3{Enter}');
  await waitFor(() => expect(backend.callsOf('rules.Set')).toEqual([[{ key: 'invite.days', value: 3 }]]));
  await user.click(await screen.findByRole('button', { name: '恢复默认' }));
  await waitFor(() => expect(backend.callsOf('rules.Reset')).toEqual([['invite.days']]));
  expect(await screen.findByRole('textbox', { name: '现在的值（天）' })).toHaveValue('7');
});

test('lists are ticked in their order, or typed one on each line', async () => {
  const { unmount } = await show('/rules?group=chat&rule=chat.workdays');
  await user.click(await screen.findByRole('checkbox', { name: '周二' }));
  await user.click(screen.getByRole('button', { name: '保存' }));
  await waitFor(() => expect(backend.callsOf('rules.Set')).toEqual([[{ key: 'chat.workdays', value: ['mon', 'tue', 'wed'] }]]));
  unmount();
  await show('/rules?group=chat&rule=chat.sensitive_words');
  const field = await screen.findByRole('textbox', { name: '现在的值' });
  await user.type(field, '报价{Enter}合同，报价、客户');
  await user.click(screen.getByRole('button', { name: '保存' }));
  expect(await screen.findByText('请填 0 到 2 项')).toBeInTheDocument();
  await user.clear(field);
  await user.type(field, '报价，合同');
  await user.click(screen.getByRole('button', { name: '保存' }));
  await waitFor(() => expect(backend.callsOf('rules.Set')[1]).toEqual([{ key: 'chat.sensitive_words', value: ['报价', '合同'] }]));
});

test('a switch is saved, and a refusal stays with its reason', async () => {
  await show('/rules?rule=org.profile_review');
  backend.handle('rules', {
    Set: () => {
      throw rejection(new Fault('denied'));
    },
  });
  await user.click(await screen.findByRole('radio', { name: '关闭' }));
  await user.click(screen.getByRole('button', { name: '保存' }));
  expect(await screen.findByRole('alert')).toHaveTextContent('没能保存：你没有做这件事的权限');
});

test('what was saved is said, however long the rest takes to be read again', async () => {
  await show('/rules?rule=org.profile_review');
  await user.click(await screen.findByRole('radio', { name: '关闭' }));
  let read: (value: unknown) => void = () => undefined;
  backend.handle('rules', { History: () => new Promise((resolve) => (read = resolve)) });
  await user.click(screen.getByRole('button', { name: '保存' }));
  expect(await screen.findByText('已保存，其他设备同步后生效')).toBeInTheDocument();
  read([]);
});

test('who may not change a rule sees it and who may', async () => {
  await show('/rules?rule=account.passphrase_days');
  const drawer = within(await screen.findByRole('complementary', { name: '规范详情' }));
  expect(drawer.getByText('只有所有者能改')).toBeInTheDocument();
  expect(drawer.queryByRole('textbox')).toBeNull();
});

test('the history says who decided what on which device', async () => {
  history = [{ at: '2026-11-19T02:00:00.000Z', byId: 'u1', byName: '林晓雯', device: 'MacBook Air', from: 7, to: 3 }];
  await show('/rules?rule=invite.days');
  const entries = within(await screen.findByRole('region', { name: '修改记录' }));
  expect((await entries.findByRole('listitem')).textContent).toMatch(/7 天 → 3 天林晓雯 · MacBook Air · /);
});

test('R57: how long messages are kept is chosen by name or in days, and confirmed, because nothing comes back', async () => {
  const keep = rule({ key: 'history.keep_days', group: 'chat', min: 0, least: 90, max: 36500, options: ['0', '365', '730'], default: 0, value: 0, level: 'F', final: true, serves: ['R57'] });
  rules = [...rules, keep];
  await show('/rules?group=chat&rule=history.keep_days');
  expect(await row(/聊天记录保留期限/)).toHaveTextContent('永久保留');
  await user.click(await screen.findByRole('combobox', { name: '现在的值' }));
  await user.click(await screen.findByRole('option', { name: '自定义', hidden: true }));
  const field = await screen.findByRole('textbox', { name: '现在的值（天）' });
  await user.clear(field);
  await user.type(field, '89{Enter}');
  expect(await screen.findByText('请填 90 到 36500 之间的数，或选择永久保留')).toBeInTheDocument();
  await user.clear(field);
  await user.type(field, '180{Enter}');
  const dialog = await screen.findByRole('dialog', { name: '清理后无法恢复' });
  expect(dialog).toHaveTextContent('保存期限将改为 180 天');
  await user.click(within(dialog).getByRole('button', { name: '取消' }));
  expect(backend.callsOf('rules.Set')).toEqual([]);
  await user.click(screen.getByRole('button', { name: '保存' }));
  await user.click(within(await screen.findByRole('dialog', { name: '清理后无法恢复' })).getByRole('button', { name: '确认修改' }));
  await waitFor(() => expect(backend.callsOf('rules.Set')).toEqual([[{ key: 'history.keep_days', value: 180 }]]));
  // Back to "for ever" takes nothing away.
  await user.click(await screen.findByRole('button', { name: '恢复默认' }));
  await waitFor(() => expect(backend.callsOf('rules.Reset')).toEqual([['history.keep_days']]));
});
