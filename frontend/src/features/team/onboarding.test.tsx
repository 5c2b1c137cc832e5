import { act, fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { appStateQuery } from '../../platform/app-state';
import { useQuery } from '@tanstack/react-query';
import { Fault } from '../../platform/fault';
import { FakeBackend, rejection } from '../../platform/testing/fake-backend';
import { anAppState, renderScreen } from '../../platform/testing/render';
import { Onboarding } from './components/onboarding';
import { STALL_MS } from './model';
import type { JoinProgress } from './model';
import { staleAfter } from './queries';

let backend: FakeBackend;
let progress: JoinProgress;

const IDLE: JoinProgress = { step: 'idle', done: 0, total: 0, code: '', params: {}, since: '', relay: '' };
const LINK = 'tongzhou://join/abc';

beforeEach(() => {
  progress = IDLE;
  backend = new FakeBackend()
    .handle('app', {
      State: () => anAppState({ phase: 'none', teamName: '' }),
      JoinProgress: () => progress,
      PreviewInvitation: (link: string) => {
        if (link !== LINK) throw rejection(new Fault('join.damaged'));
        return { teamName: '星海科技', inviter: '林晓雯', expiresAt: '2026-11-28T10:42:00.000Z', addresses: 2 };
      },
      Join: () => {
        progress = { ...IDLE, step: 'searching', since: new Date().toISOString() };
      },
      CancelJoin: () => {
        progress = IDLE;
      },
      CheckPassphrase: ({ passphrase }: { passphrase: string }) => ({ problems: passphrase.length < 8 ? ['short'] : [], score: 3 }),
      ResumeJoin: ({ passphrase }: { passphrase: string }) => {
        if (passphrase !== SECRET) throw rejection(new Fault('vault.wrong', { wait: '1' }));
        progress = { ...IDLE, step: 'searching', since: new Date().toISOString(), relay: 'left' };
      },
      LinkDevice: () => {
        progress = { ...IDLE, step: 'searching', since: new Date().toISOString() };
      },
      Recover: () => {
        progress = { ...IDLE, step: 'searching', since: new Date().toISOString() };
      },
      Found: () => anAppState(),
    })
    .install();
});

afterEach(() => {
  vi.useRealTimers();
});

/** As in the gate: who is in a team sees the app. */
function Gate() {
  const { data } = useQuery(appStateQuery);
  return data && <Onboarding ready={data.phase === 'ready'}>这里是应用</Onboarding>;
}

async function show(): Promise<void> {
  await renderScreen(<Gate />, { staleAfter });
}

/** The backend goes on to a step. */
async function step(change: Partial<JoinProgress>): Promise<void> {
  progress = { ...progress, ...change };
  await act(async () => {
    backend.emit('join');
    await Promise.resolve();
  });
}

const user = userEvent.setup();
const button = (name: string | RegExp) => screen.getByRole('button', { name });
const field = (name: string | RegExp) => screen.getByRole('textbox', { name });

const SECRET = 'lake#Tiger41';
const secret = (name: RegExp) => screen.getByLabelText(name, { selector: 'input' });

/** At once: what happens at each key is not what these tests are about. */
async function fill(input: HTMLElement, text: string): Promise<void> {
  await user.click(input);
  await user.paste(text);
}

async function fillSecret(): Promise<void> {
  await fill(secret(/^口令/), SECRET);
  await fill(secret(/^再输一次/), SECRET);
}

async function fillProfile(name: string): Promise<void> {
  await fill(field(/姓名/), name);
  await fill(field(/工号/), 'XH1007');
  await fill(field(/部门/), '研发中心');
  await fill(field(/职位/), '工程师');
  await fillSecret();
}

async function join(): Promise<void> {
  await show();
  await user.click(await screen.findByRole('button', { name: /^加入团队/ }));
  await user.click(field(/邀请链接/));
  await user.paste(`快来：${LINK}\n`);
  expect(await screen.findByText(/林晓雯 邀请你加入/)).toBeInTheDocument();
  await fillProfile('何知然');
  await user.click(button('加入星海科技'));
  await screen.findByRole('heading', { name: '正在加入星海科技' });
}

test('an invitation is taken from a picture of its code', async () => {
  backend.handle('app', { ReadCode: () => LINK });
  await show();
  await user.click(await screen.findByRole('button', { name: /^加入团队/ }));
  fireEvent.paste(field(/邀请链接/), { clipboardData: { files: [new File(['code'], 'a.png', { type: 'image/png' })], getData: () => '' } });
  expect(await screen.findByText(/林晓雯 邀请你加入/)).toBeInTheDocument();
  expect(field(/邀请链接/)).toHaveValue(LINK);
});

test('R1: founds a team and enters it', async () => {
  await show();
  await user.click(await screen.findByRole('button', { name: /^创建团队/ }));
  await user.click(button('创建团队'));
  expect(screen.getByText('团队名称不能为空')).toBeInTheDocument();
  for (const missing of ['姓名', '工号', '部门', '职位', '口令']) expect(screen.getByText(`${missing}不能为空`)).toBeInTheDocument();
  expect(backend.callsOf('app.Found')).toEqual([]);

  await user.type(field(/团队名称/), ' 星海科技 ');
  await fillProfile('周明轩');
  await user.type(field('这台设备的名称'), 'ThinkPad');
  await user.click(button('创建团队'));
  expect(await screen.findByText('这里是应用')).toBeInTheDocument();
  expect(backend.callsOf('app.Found')).toEqual([
    [
      {
        teamName: '星海科技',
        deviceName: 'ThinkPad',
        passphrase: SECRET,
        council: 0,
        profile: expect.objectContaining({ name: '周明轩', departmentName: '研发中心', kind: 'regular' }) as unknown,
      },
    ],
  ]);
});

test('what the backend refuses is said, and nothing typed is lost', async () => {
  backend.handle('app', {
    Found: () => {
      throw rejection(new Fault('store.full'));
    },
  });
  await show();
  await user.click(await screen.findByRole('button', { name: /^创建团队/ }));
  await user.type(field(/团队名称/), '星海科技');
  await fillProfile('周明轩');
  await user.click(button('创建团队'));
  expect(await screen.findByRole('alert')).toHaveTextContent('团队没能创建：磁盘已满');
  expect(field(/姓名/)).toHaveValue('周明轩');
});

test('R1: joins, sees each step, and goes in while history arrives', async () => {
  await join();
  expect(backend.callsOf('app.Join')).toEqual([[expect.objectContaining({ link: LINK }) as unknown]]);
  const current = () => screen.getAllByRole('listitem').find((item) => item.getAttribute('aria-current') === 'step');
  expect(current()).toHaveTextContent('找到同事的设备');
  await step({ step: 'connecting' });
  expect(await screen.findByText('正在连接找到的设备')).toBeInTheDocument();
  await step({ step: 'proving' });
  expect(await screen.findByText('正在证明你持有这条邀请')).toBeInTheDocument();

  backend.handle('app', { State: () => anAppState() });
  await step({ step: 'history', done: 120, total: 400 });
  expect(await screen.findByText('120 / 400 项')).toBeInTheDocument();
  expect(screen.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '30');
});

test('a member may go in before history is complete', async () => {
  backend.handle('app', { State: () => anAppState() });
  progress = { ...IDLE, step: 'history', done: 1, total: 9, since: new Date().toISOString() };
  await show();
  expect(await screen.findByRole('heading', { name: '已加入星海科技' })).toBeInTheDocument();
  await user.click(button('进入团队'));
  expect(screen.getByText('这里是应用')).toBeInTheDocument();
});

test('who has joined sees the app at once when history is complete', async () => {
  backend.handle('app', { State: () => anAppState() });
  progress = { ...IDLE, step: 'done' };
  await show();
  expect(await screen.findByText('这里是应用')).toBeInTheDocument();
});

test('a stall told by the backend has its reason and its remedy', async () => {
  await join();
  await step({ code: 'join.nobody_online', params: { inviter: '林晓雯' } });
  const alert = await screen.findByRole('alert');
  expect(alert).toHaveTextContent('还没有找到在线的同事');
  expect(alert).toHaveTextContent('请 林晓雯 打开同舟并保持联网');
});

test('a step that does not move for long is a stall, too', async () => {
  await join();
  vi.useFakeTimers();
  await step({ step: 'proving' });
  await act(async () => {
    await vi.advanceTimersByTimeAsync(STALL_MS.prove - 2000);
  });
  expect(screen.queryByRole('alert')).toBeNull();
  await act(async () => {
    await vi.advanceTimersByTimeAsync(4000);
  });
  expect(screen.getByRole('alert')).toHaveTextContent('对方的设备还没有答复');
});

test('a used invitation says so and leads back to the form with what was typed', async () => {
  await join();
  await step({ step: 'proving' });
  await step({ step: 'failed', code: 'join.used', since: 'later' });
  const alert = await screen.findByText('这条邀请已经被用过');
  expect(alert.parentElement).toHaveTextContent('请对方重新生成一条邀请');
  expect(screen.queryByRole('button', { name: '重新加入' })).toBeNull();
  await user.click(button('返回修改'));
  expect(field(/姓名/)).toHaveValue('何知然');
});

test('a failure that may pass can be tried again at once', async () => {
  await join();
  await step({ step: 'failed', code: 'join.busy', since: 'later' });
  await user.click(await screen.findByRole('button', { name: '重新加入' }));
  expect(backend.callsOf('app.Join')).toHaveLength(2);
});

test('joining can be cancelled', async () => {
  await join();
  await user.click(button('取消加入'));
  expect(await screen.findByRole('heading', { name: '加入团队' })).toBeInTheDocument();
  expect(backend.callsOf('app.CancelJoin')).toHaveLength(1);
});

test('a damaged link is refused before anything is asked of a colleague', async () => {
  await show();
  await user.click(await screen.findByRole('button', { name: /^加入团队/ }));
  await user.click(field(/邀请链接/));
  await user.paste('https://example.com');
  expect(await screen.findByText(/这不是一条完整的邀请链接 · 请对方重新发送/)).toBeInTheDocument();
  await fillProfile('何知然');
  await user.click(button('加入团队'));
  expect(backend.callsOf('app.Join')).toEqual([]);
});

test('R10, R11: a weak passphrase or a typing error founds nothing, and says what to do', async () => {
  await show();
  await user.click(await screen.findByRole('button', { name: /^创建团队/ }));
  await user.type(field(/团队名称/), '星海科技');
  await fillProfile('周明轩');
  await user.type(secret(/^再输一次/), 'x');
  await user.click(button('创建团队'));
  expect(screen.getByText('两次输入不一样')).toBeInTheDocument();
  await user.clear(secret(/^口令/));
  await user.type(secret(/^口令/), 'short');
  await user.click(button('创建团队'));
  expect(await screen.findByText('口令至少要 8 位')).toBeInTheDocument();
  expect(backend.callsOf('app.Found')).toEqual([]);
});

test('who founds is told that nobody can overrule them, and may set up a council', async () => {
  await show();
  await user.click(await screen.findByRole('button', { name: /^创建团队/ }));
  expect(screen.getByText(/创建人的权限无法由他人收回/)).toBeInTheDocument();
  await user.type(field(/团队名称/), '星海科技');
  await fillProfile('周明轩');
  await user.click(screen.getByRole('checkbox', { name: '设立恢复委员会' }));
  await user.click(screen.getByRole('radio', { name: '5 把，2 把一起生效' }));
  await user.click(button('创建团队'));
  expect(await screen.findByText('这里是应用')).toBeInTheDocument();
  expect(backend.callsOf('app.Found')[0]).toEqual([expect.objectContaining({ council: 5 })]);
});

test('R2: this device is linked to an account, with six digits to compare', async () => {
  await show();
  await user.click(await screen.findByRole('button', { name: '连接我的设备' }));
  await user.click(button('开始连接'));
  expect(screen.getByText('先粘贴设备链接')).toBeInTheDocument();
  await user.click(field(/设备链接/));
  await user.paste('在这里：tongzhou://link/xyz\n');
  await user.type(field('这台设备的名称'), 'Surface');
  await fillSecret();
  await user.click(button('开始连接'));
  expect(await screen.findByRole('heading', { name: '连接我的设备' })).toBeInTheDocument();
  expect(backend.callsOf('app.LinkDevice')).toEqual([[{ link: 'tongzhou://link/xyz', deviceName: 'Surface', passphrase: SECRET }]]);
  await step({ step: 'compare', code: '482913' });
  expect(await screen.findByTestId('link-code')).toHaveTextContent('482 913');
  expect(screen.queryByRole('alert')).toBeNull();
  await step({ step: 'failed', code: 'join.busy', since: 'later' });
  await user.click(await screen.findByRole('button', { name: '重新加入' }));
  expect(backend.callsOf('app.LinkDevice')).toHaveLength(2);
});

test('an account comes back with the words and any link of the team', async () => {
  await show();
  await user.click(await screen.findByRole('button', { name: '用恢复词找回' }));
  await user.click(button('找回账号'));
  expect(screen.getByText('还差 24 个词')).toBeInTheDocument();
  expect(screen.getByText('先粘贴团队链接')).toBeInTheDocument();
  const words = Array.from({ length: 24 }, () => 'able');
  await user.click(field('第 1 个词'));
  await user.paste(words.join('  '));
  await user.click(field(/团队链接/));
  await user.paste(LINK);
  await fillSecret();
  await user.click(button('找回账号'));
  await waitFor(() => expect(backend.callsOf('app.Recover')).toEqual([[{ link: LINK, words, deviceName: '', passphrase: SECRET }]]));
});

test('J11: a request that lies at the relay is told as it is, and nothing is late then', async () => {
  await join();
  await step({ relay: 'trying' });
  expect(screen.queryByText('已把申请留在中继上')).not.toBeInTheDocument();
  await step({ code: 'join.nobody_online', params: { inviter: '林晓雯' }, relay: 'no_box' });
  expect(await screen.findByText('还没有找到在线的同事，中继上也还没有这条邀请')).toBeInTheDocument();
  await step({ relay: 'left' });
  expect(await screen.findByText('已把申请留在中继上')).toBeInTheDocument();
  expect(screen.getByText('同事上线后会自动完成，可以先关闭本程序')).toBeInTheDocument();
  expect(screen.queryByText(/还没有找到在线的同事/)).not.toBeInTheDocument();
  expect(screen.queryByText('卡住了')).not.toBeInTheDocument();
  await step({ step: 'proving', code: '' });
  await waitFor(() => expect(screen.queryByText('已把申请留在中继上')).not.toBeInTheDocument());
});

test('J11: after a restart the passphrase goes on with the request, and giving up forgets it', async () => {
  progress = { ...IDLE, step: 'paused', relay: 'left' };
  await show();
  expect(await screen.findByRole('heading', { name: '继续加入团队' })).toBeInTheDocument();
  await user.click(button('继续加入'));
  expect(screen.getByText('工号不能为空')).toBeInTheDocument();
  expect(screen.getByText('口令不能为空')).toBeInTheDocument();
  expect(backend.callsOf('app.ResumeJoin')).toEqual([]);
  await fill(field(/工号/), ' XH1007 ');
  await fill(secret(/^口令/), 'something');
  await user.click(button('继续加入'));
  expect(await screen.findByText(/^没能继续：/)).toBeInTheDocument();
  await user.clear(secret(/^口令/));
  await fill(secret(/^口令/), SECRET);
  await user.click(button('继续加入'));
  expect(await screen.findByText('已把申请留在中继上')).toBeInTheDocument();
  expect(backend.callsOf('app.ResumeJoin').at(-1)).toEqual([{ staffNo: 'XH1007', passphrase: SECRET }]);

  await step({ step: 'paused' });
  await screen.findByRole('heading', { name: '继续加入团队' });
  await user.click(button('取消加入'));
  expect(await screen.findByRole('button', { name: /^加入团队/ })).toBeInTheDocument();
});
