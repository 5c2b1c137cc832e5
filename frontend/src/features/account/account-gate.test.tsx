import { useQuery } from '@tanstack/react-query';
import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Account, AppState } from '../../platform/api';
import { appStaleAfter, appStateQuery } from '../../platform/app-state';
import { Fault } from '../../platform/fault';
import { FakeBackend, rejection } from '../../platform/testing/fake-backend';
import { anAccount, anAppState, renderScreen } from '../../platform/testing/render';
import { AccountGate } from './components/account-gate';

const WORDS = Array.from({ length: 24 }, (_, index) => `word${String.fromCharCode(97 + index)}`);

let backend: FakeBackend;
let phase: AppState['phase'];
let account: Account;

beforeEach(() => {
  phase = 'ready';
  account = anAccount();
  const state = () => anAppState({ phase, account });
  backend = new FakeBackend()
    .handle('app', {
      State: state,
      Unlock: () => {
        phase = 'ready';
        return state();
      },
      Lock: () => {
        phase = 'locked';
      },
      CheckPassphrase: ({ passphrase }: { passphrase: string }) => ({ problems: passphrase.length < 8 ? ['short'] : [], score: 3 }),
      ChangePassphrase: () => {
        account = anAccount();
        return state();
      },
      ResetPassphrase: () => {
        phase = 'ready';
        return state();
      },
      RecoveryWords: () => WORDS,
      ConfirmRecoveryWords: () => {
        account = anAccount();
      },
      CouncilWords: () => {
        throw rejection(new Fault('vault.words_gone'));
      },
      ForgetCouncilWords: () => undefined,
    })
    .handle('org', { Members: () => ({ members: [], total: 0 }) })
    .install();
});

afterEach(() => {
  vi.useRealTimers();
});

function Gate() {
  const { data } = useQuery(appStateQuery);
  return data && <AccountGate state={data}>这里是应用</AccountGate>;
}

const user = userEvent.setup();
const show = () => renderScreen(<Gate />, { staleAfter: appStaleAfter });
const button = (name: string | RegExp) => screen.getByRole('button', { name });
const field = (name: string | RegExp) => screen.getByLabelText(name, { selector: 'input' });

test('R1: staff number and passphrase open the device; the first empty field has the focus', async () => {
  phase = 'locked';
  await show();
  await screen.findByRole('heading', { name: '解锁同舟' });
  expect(field(/^口令/)).toHaveFocus();
  await user.click(button('解锁'));
  expect(screen.getByText('填写口令')).toBeInTheDocument();
  expect(backend.callsOf('app.Unlock')).toEqual([]);
  await user.type(field(/^口令/), 'lake#Tiger41{Enter}');
  expect(await screen.findByText('这里是应用')).toBeInTheDocument();
  expect(backend.callsOf('app.Unlock')).toEqual([[{ staffNo: 'XH1007', passphrase: 'lake#Tiger41', remember: false }]]);
});

test('a wrong passphrase is slowed down, said beside the field, and never locks out', async () => {
  phase = 'locked';
  backend.handle('app', {
    Unlock: () => {
      throw rejection(new Fault('vault.wrong', { wait: '4' }));
    },
  });
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const typing = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  await show();
  await typing.type(await screen.findByLabelText(/^口令/, { selector: 'input' }), 'wrong{Enter}');
  expect(await screen.findByText(/工号或口令不对，[34] 秒后可以再试/)).toBeInTheDocument();
  await typing.type(field(/^口令/), '{Enter}');
  expect(backend.callsOf('app.Unlock')).toHaveLength(1);
  await act(() => vi.advanceTimersByTimeAsync(4500));
  expect(screen.getByText('工号或口令不对')).toBeInTheDocument();
  await typing.type(field(/^口令/), '{Enter}');
  expect(backend.callsOf('app.Unlock')).toHaveLength(2);
});

test('R15: a forgotten passphrase is replaced with the words; a wrong one is marked', async () => {
  phase = 'locked';
  await show();
  await user.click(await screen.findByRole('button', { name: '忘记口令' }));
  await user.click(button('重设口令'));
  expect(screen.getByText('还差 24 个词')).toBeInTheDocument();
  expect(screen.getByText('口令不能为空')).toBeInTheDocument();

  await user.click(screen.getByRole('textbox', { name: '第 1 个词' }));
  await user.paste(WORDS.map((word, index) => `${index + 1}. ${word}`).join('\n'));
  await user.type(field(/^新口令/), 'lake#Tiger41');
  await user.type(field(/^再输一次/), 'lake#Tiger41');
  backend.handle('app', {
    ResetPassphrase: () => {
      throw rejection(new Fault('vault.words', { word: '3' }));
    },
  });
  await user.click(button('重设口令'));
  expect(await screen.findByText('恢复词不对，检查拼写和顺序')).toBeInTheDocument();
  expect(screen.getByRole('textbox', { name: '第 3 个词' })).toHaveAttribute('aria-invalid', 'true');

  backend.handle('app', { ResetPassphrase: () => anAppState() });
  await user.click(button('重设口令'));
  expect(await screen.findByText('这里是应用')).toBeInTheDocument();
  expect(backend.callsOf('app.ResetPassphrase')[1]).toEqual([{ words: WORDS, next: 'lake#Tiger41' }]);
});

test('R15: a forgotten passphrase is replaced with the code of another device; a wrong one costs a pause', async () => {
  phase = 'locked';
  await show();
  await user.click(await screen.findByRole('button', { name: '忘记口令' }));
  await user.click(screen.getByRole('radio', { name: '我的另一台设备' }));
  await user.click(button('重设口令'));
  expect(screen.getByText('填写解锁码')).toBeInTheDocument();
  await user.type(field(/^解锁码/), '7KQ2M');
  await user.type(field(/^新口令/), 'lake#Tiger41');
  await user.type(field(/^再输一次/), 'lake#Tiger41');
  const refuse = (fault: Fault) =>
    backend.handle('app', {
      ResetPassphraseByCode: () => {
        throw rejection(fault);
      },
    });
  refuse(new Fault('rescue.length', { have: '5', want: '30' }));
  await user.click(button('重设口令'));
  expect(await screen.findByText('解锁码有 30 个字母和数字，现在是 5 个')).toBeInTheDocument();
  refuse(new Fault('rescue.wrong', { wait: '4' }));
  await user.click(button('重设口令'));
  expect(await screen.findByText('解锁码不对或已经用过，在另一台设备上重新显示')).toBeInTheDocument();
  await user.click(await screen.findByRole('button', { name: /秒后再试/ }));
  expect(backend.callsOf('app.ResetPassphraseByCode')).toEqual(Array(2).fill([{ code: '7KQ2M', next: 'lake#Tiger41' }]));
});

test.each([
  ['frozen', '账号已冻结', '林晓雯 在'],
  ['removed', '你已不在这个团队', '林晓雯 在'],
  ['signed_out', '这台设备已退出', '林晓雯 在'],
] as const)('R16, R17, R21: in phase %s nothing is left but what to do', async (ended, title, by) => {
  phase = ended;
  account = anAccount({ since: '2026-11-21T01:07:00.000Z', by: '林晓雯' });
  await show();
  expect(await screen.findByRole('heading', { name: title })).toBeInTheDocument();
  expect(screen.getByText(new RegExp(by))).toBeInTheDocument();
  expect(screen.queryByText('这里是应用')).toBeNull();
});

test('R12: an overdue passphrase stands before everything else', async () => {
  account = anAccount({ passphraseState: 'overdue' });
  await show();
  await screen.findByRole('heading', { name: '口令到期，需要更换' });
  expect(screen.queryByText('这里是应用')).toBeNull();
  await user.type(field(/^现在的口令/), 'old#Secret1');
  await user.type(field(/^新口令/), 'old#Secret1');
  await user.type(field(/^再输一次/), 'old#Secret1');
  await user.click(button('修改口令'));
  expect(await screen.findByText('新口令要和现在的不同')).toBeInTheDocument();
  expect(backend.callsOf('app.ChangePassphrase')).toEqual([]);
  await user.type(field(/^新口令/), '9');
  await user.click(button('修改口令'));
  expect(screen.getByText('两次输入不一样')).toBeInTheDocument();
  await user.type(field(/^再输一次/), '9');
  await user.click(button('修改口令'));
  expect(await screen.findByText('这里是应用')).toBeInTheDocument();
  expect(backend.callsOf('app.ChangePassphrase')).toEqual([[{ old: 'old#Secret1', next: 'old#Secret19' }]]);
});

test('who has just founded or joined writes down the words first, and proves it', async () => {
  phase = 'none';
  account = anAccount({ wordsConfirmed: false });
  await show();
  await screen.findByText('这里是应用');
  phase = 'ready';
  await act(async () => {
    backend.emit('state');
    await Promise.resolve();
  });
  await screen.findByRole('heading', { name: '抄下恢复词' });
  await user.type(field(/^先输入口令/), 'lake#Tiger41{Enter}');
  const shown = within(await screen.findByRole('list', { name: '恢复词' })).getAllByRole('listitem');
  expect(shown.map((item) => item.textContent)).toEqual(WORDS.map((word, index) => `${index + 1}${word}`));

  await user.click(button('抄好了，去核对'));
  const asked = screen.getAllByRole('textbox');
  expect(asked).toHaveLength(4);
  for (const input of asked) {
    const number = Number(/\d+/.exec(input.closest('div')?.parentElement?.querySelector('label')?.textContent ?? '')?.[0]);
    await user.type(input, input === asked[0] ? 'nonsense' : (WORDS[number - 1] ?? ''));
  }
  await user.click(button('核对并完成'));
  expect(screen.getByText(/不一样，对照纸上再看一遍/)).toBeInTheDocument();
  expect(backend.callsOf('app.ConfirmRecoveryWords')).toEqual([]);
  const first = Number(/\d+/.exec(asked[0]?.closest('div')?.parentElement?.querySelector('label')?.textContent ?? '')?.[0]);
  const again = asked[0] ?? document.body;
  await user.clear(again);
  await user.type(again, WORDS[first - 1] ?? '');
  await user.click(button('核对并完成'));
  expect(await screen.findByText('这里是应用')).toBeInTheDocument();
  expect(backend.callsOf('app.ConfirmRecoveryWords')).toEqual([[WORDS]]);
});

test('the keys of a council are handed out one by one, before the own words', async () => {
  phase = 'none';
  account = anAccount({ wordsConfirmed: false });
  backend.handle('app', { CouncilWords: () => [WORDS, [...WORDS].reverse()] });
  await show();
  await screen.findByText('这里是应用');
  phase = 'ready';
  await act(async () => {
    backend.emit('state');
    await Promise.resolve();
  });
  await user.type(await screen.findByLabelText(/^先输入口令/, { selector: 'input' }), 'lake#Tiger41{Enter}');
  expect(await screen.findByRole('heading', { name: '恢复委员会：第 1 把钥匙，共 2 把' })).toBeInTheDocument();
  await user.click(button('已抄好，下一把'));
  expect(screen.getByRole('heading', { name: '恢复委员会：第 2 把钥匙，共 2 把' })).toBeInTheDocument();
  expect(backend.callsOf('app.ForgetCouncilWords')).toEqual([]);
  await user.click(button('都已抄好'));
  expect(await screen.findByRole('button', { name: '抄好了，去核对' })).toBeInTheDocument();
  expect(backend.callsOf('app.ForgetCouncilWords')).toHaveLength(1);
  await user.click(button('稍后再抄'));
  expect(screen.getByText('这里是应用')).toBeInTheDocument();
});

test('locking leaves nothing of the team in the page', async () => {
  const { client } = await show();
  await screen.findByText('这里是应用');
  client.setQueryData(['chat', 'list'], ['秘密']);
  phase = 'locked';
  await act(async () => {
    backend.emit('state');
    await Promise.resolve();
  });
  await screen.findByRole('heading', { name: '解锁同舟' });
  await waitFor(() => expect(client.getQueryData(['chat', 'list'])).toBeUndefined());
});
