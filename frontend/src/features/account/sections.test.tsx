import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Account } from '../../platform/api';
import { Fault } from '../../platform/fault';
import { FakeBackend, rejection } from '../../platform/testing/fake-backend';
import { anAccount, anAppState, renderScreen } from '../../platform/testing/render';
import { AccountNotice } from './components/account-notice';
import { DevicesSection } from './components/devices-section';
import { IdleLock } from './components/idle-lock';
import { SecuritySection } from './components/security-section';
import type { Device, LinkState } from './model';
import { staleAfter } from './queries';

let backend: FakeBackend;
let account: Account;
let link: LinkState;
let devices: Device[];

const IDLE: LinkState = { step: 'idle', code: '', deviceName: '', fault: '', params: {} };
const device = (change: Partial<Device>): Device => ({
  id: 'd1',
  name: 'ThinkPad X1',
  current: true,
  addedAt: '2026-06-10T08:00:00.000Z',
  addedBy: '',
  lastSeen: '',
  online: true,
  state: 'active',
  canRevoke: true,
  needsWords: false,
  ...change,
});

beforeEach(() => {
  account = anAccount();
  link = IDLE;
  devices = [device({}), device({ id: 'd2', name: 'MacBook Air', current: false, addedBy: 'ThinkPad X1', needsWords: true }), device({ id: 'd3', name: '旧台式机', current: false, state: 'revoked', canRevoke: false })];
  backend = new FakeBackend()
    .handle('app', {
      State: () => anAppState({ account }),
      Devices: () => devices,
      RevokeDevice: () => undefined,
      StartLink: () => {
        link = { ...IDLE, step: 'waiting' };
        return { link: 'tongzhou://link/abc', expiresAt: '2026-11-21T03:00:00.000Z' };
      },
      LinkState: () => link,
      ConfirmLink: (match: boolean) => {
        link = match ? { ...link, step: 'done' } : { ...link, step: 'failed', fault: 'link.differs' };
      },
      CancelLink: () => {
        link = IDLE;
      },
      SetIdleLock: (minutes: number) => {
        account = anAccount({ idleMinutes: minutes });
        return anAppState({ account });
      },
      Lock: () => undefined,
    })
    .install();
});

afterEach(() => {
  vi.useRealTimers();
});

const user = userEvent.setup();
const show = (at: string) => renderScreen(at.includes('devices') ? <DevicesSection /> : <SecuritySection />, { at, staleAfter });

async function linkStep(change: Partial<LinkState>): Promise<void> {
  link = { ...link, ...change };
  await act(async () => {
    backend.emit('link');
    await Promise.resolve();
  });
}

test('R2: another device is let in after comparing six digits', async () => {
  await show('/settings?section=devices&do=link');
  expect(await screen.findByTestId('device-link')).toHaveTextContent('tongzhou://link/abc');
  expect(backend.callsOf('app.StartLink')).toHaveLength(1);
  await linkStep({ step: 'compare', code: '482913', deviceName: 'Surface' });
  expect(await screen.findByTestId('link-code')).toHaveTextContent('482 913');
  expect(screen.getByText('「Surface」想用你的账号登录')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: '一样，允许登录' }));
  expect(await screen.findByText(/「Surface」已连接/)).toBeInTheDocument();
  expect(backend.callsOf('app.ConfirmLink')).toEqual([[true]]);
});

test('different digits let nobody in', async () => {
  await show('/settings?section=devices&do=link');
  await screen.findByTestId('device-link');
  await linkStep({ step: 'compare', code: '482913', deviceName: 'Surface' });
  await user.click(await screen.findByRole('button', { name: '不一样' }));
  expect(await screen.findByRole('button', { name: '重新生成链接' })).toBeInTheDocument();
  expect(backend.callsOf('app.ConfirmLink')).toEqual([[false]]);
});

test('what became of the link before is not told of the new one', async () => {
  link = { ...link, step: 'done', deviceName: 'Surface' };
  let made: (value: unknown) => void = () => undefined;
  backend.handle('app', { StartLink: () => new Promise((resolve) => (made = resolve)) });
  await show('/settings?section=devices&do=link');
  expect(await screen.findByRole('button', { name: '取消连接' })).toBeInTheDocument();
  expect(screen.queryByText(/「Surface」已连接/)).toBeNull();
  link = { ...link, step: 'waiting' };
  made({ link: 'tongzhou://link/abc', expiresAt: '2026-11-21T03:00:00.000Z' });
  expect(await screen.findByTestId('device-link')).toBeInTheDocument();
});

test('a link that could not be made can be asked for again', async () => {
  const make = { StartLink: () => ({ link: 'tongzhou://link/abc', expiresAt: '2026-11-21T03:00:00.000Z' }) };
  backend.handle('app', {
    StartLink: () => {
      throw rejection(new Fault('denied'));
    },
  });
  await show('/settings?section=devices&do=link');
  expect(await screen.findByRole('alert')).toHaveTextContent('没能生成链接');
  backend.handle('app', make);
  await user.click(screen.getByRole('button', { name: '重新生成链接' }));
  expect(await screen.findByTestId('device-link')).toBeInTheDocument();
});

test('closing the dialog takes the link back', async () => {
  const { place } = await show('/settings?section=devices&do=link');
  await screen.findByTestId('device-link');
  await user.click(screen.getByRole('button', { name: '取消连接' }));
  await waitFor(() => expect(backend.callsOf('app.CancelLink')).toHaveLength(1));
  expect(place()).toBe('/settings?section=devices');
});

test('R17, R18: signing a device out says what happens offline, and takes its name and, where needed, the words', async () => {
  await show('/settings?section=devices');
  await user.click(await screen.findByRole('button', { name: '退出设备：MacBook Air' }));
  const dialog = within(await screen.findByRole('dialog', { name: '退出「MacBook Air」' }));
  expect(dialog.getByText('离线的设备在下次联网时才会知道并停下')).toBeInTheDocument();
  await user.click(dialog.getByRole('button', { name: '退出设备' }));
  expect(dialog.getByText('和「MacBook Air」不一样')).toBeInTheDocument();
  expect(dialog.getByText('还差 24 个词')).toBeInTheDocument();
  await user.type(dialog.getByRole('textbox', { name: /输入设备名称/ }), 'MacBook Air');
  const words = Array.from({ length: 24 }, () => 'able');
  await user.click(dialog.getByRole('textbox', { name: '第 1 个词' }));
  await user.paste(words.join(' '));
  await user.click(dialog.getByRole('checkbox', { name: '设备丢失或被盗' }));
  await user.click(dialog.getByRole('button', { name: '退出设备' }));
  await waitFor(() => expect(backend.callsOf('app.RevokeDevice')).toEqual([[{ deviceId: 'd2', lost: true, words }]]));
});

test('R15: the code of another device of mine is shown against the passphrase of this one', async () => {
  await show('/settings?section=devices');
  await screen.findByText('MacBook Air');
  // Only one of them is another device that was not signed out.
  await user.click(screen.getByRole('button', { name: /^显示解锁码/ }));
  const dialog = within(await screen.findByRole('dialog', { name: '「MacBook Air」的解锁码' }));
  backend.handle('app', {
    RescueCode: () => {
      throw rejection(new Fault('rescue.none'));
    },
  });
  await user.type(dialog.getByLabelText(/^这台设备的口令/), 'lake#Tiger41{Enter}');
  expect(await dialog.findByText(/那台设备还没有解锁码/)).toBeInTheDocument();
  backend.handle('app', { RescueCode: () => '7KQ2M-X9WTB-0HRNE-4VJ8C-PZ5DA-G3Y6S' });
  await user.click(dialog.getByRole('button', { name: '显示解锁码' }));
  expect(await dialog.findByText('0HRNE')).toBeInTheDocument();
  expect(backend.callsOf('app.RescueCode')[1]).toEqual([{ deviceId: 'd2', passphrase: 'lake#Tiger41' }]);
});

test('a device that was signed out cannot be signed out again', async () => {
  await show('/settings?section=devices');
  await screen.findByText('旧台式机');
  expect(screen.queryByRole('button', { name: /旧台式机/ })).toBeNull();
});

test('the idle lock is chosen among what there is, and what was refused is said', async () => {
  await show('/settings?section=security');
  const choice = await screen.findByRole('combobox', { name: '自动锁定' });
  expect(choice).toHaveValue('10 分钟');
  await user.click(choice);
  await user.click(screen.getByRole('option', { name: '5 分钟', hidden: true }));
  await waitFor(() => expect(backend.callsOf('app.SetIdleLock')).toEqual([[5]]));
  backend.handle('app', {
    SetIdleLock: () => {
      throw rejection(new Fault('store.full'));
    },
  });
  await user.click(choice);
  await user.click(screen.getByRole('option', { name: '从不', hidden: true }));
  expect(await screen.findByText(/没能保存：磁盘已满/)).toBeInTheDocument();
});

test('R18: nobody at the machine locks it, somebody does not', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  account = anAccount({ idleMinutes: 5 });
  await renderScreen(<IdleLock />);
  await act(() => vi.advanceTimersByTimeAsync(4 * 60_000));
  window.dispatchEvent(new Event('keydown'));
  await act(() => vi.advanceTimersByTimeAsync(4 * 60_000));
  expect(backend.callsOf('app.Lock')).toEqual([]);
  await act(() => vi.advanceTimersByTimeAsync(65_000));
  expect(backend.callsOf('app.Lock')).toHaveLength(1);
});

test('R12: a passphrase that ends soon is told before words that are not written down', async () => {
  account = anAccount({ passphraseState: 'soon', passphraseDays: 5, wordsConfirmed: false });
  const { place, unmount } = await renderScreen(<AccountNotice />);
  expect(await screen.findByText('口令还有 5 天到期，换一个新的')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: '修改口令' }));
  await waitFor(() => expect(place()).toBe('/settings?section=security&do=passphrase'));
  unmount();
  account = anAccount({ wordsConfirmed: false });
  await renderScreen(<AccountNotice />);
  expect(await screen.findByText(/恢复词还没有抄下/)).toBeInTheDocument();
});
