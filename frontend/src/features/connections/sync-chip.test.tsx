import { act, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';
import { Fault } from '../../platform/fault';
import { FakeBackend, rejection } from '../../platform/testing/fake-backend';
import { renderScreen } from '../../platform/testing/render';
import { AddressDialog } from './components/address-dialog';
import { OfflineNotice } from './components/offline-notice';
import { SyncChip } from './components/sync-chip';
import type { Connections } from './model';
import { staleAfter } from './queries';

let backend: FakeBackend;
let connections: Connections;

beforeEach(() => {
  connections = {
    self: { deviceName: 'ThinkPad', peerId: 'p1', addresses: ['/ip4/10.0.0.2/tcp/1/p2p/p1', '/ip4/10.0.0.2/udp/1/quic-v1/p2p/p1'], code: '/ip4/10.0.0.2/tcp/1/p2p/p1' },
    state: 'synced',
    online: 1,
    upload: 0,
    download: 0,
    syncedAt: '2026-11-21T02:42:00.000Z',
    peers: [],
  };
  backend = new FakeBackend().handle('app', { Connections: () => connections, SyncNow: () => null, AddAddress: () => null }).install();
});

async function show(change: Partial<Connections> = {}, language: 'zh-CN' | 'en' = 'zh-CN') {
  Object.assign(connections, change);
  const screenOf = (
    <>
      <SyncChip />
      <OfflineNotice />
      <AddressDialog />
    </>
  );
  const { place } = await renderScreen(screenOf, { staleAfter, language });
  return { place, chip: await screen.findByRole('button') };
}

const somebody = { deviceId: 'd1', userId: 'u1', userName: '张若曦', deviceName: 'iMac', path: 'lan', address: '/ip4/10.0.0.3', state: 'synced', since: '', syncedAt: '', lastSeen: '', bytesIn: 2048, bytesOut: 512, behind: 0, reason: '' } as const;

test.each([
  [{ state: 'synced', online: 4 }, '同步状态：已同步 · 4 台设备在线'],
  [{ state: 'syncing', upload: 100, download: 28 }, '同步状态：正在同步 · 剩余 128 项'],
  [{ state: 'syncing' }, '同步状态：正在同步 · 正在核对'],
  [{ state: 'waiting', peers: [somebody] }, '同步状态：已保存到本机 · 等待设备上线'],
  [{ state: 'waiting' }, '同步状态：已保存到本机 · 还没有其他设备'],
  [{ state: 'offline', upload: 3 }, '同步状态：离线 · 3 项更改保存在本机'],
  [{ state: 'error' }, '同步状态：没能同步 · 查看原因'],
] as [Partial<Connections>, string][])('%j is "%s"', async (change, text) => {
  const { chip } = await show(change);
  expect(chip).toHaveTextContent(text);
});

test('one device is singular in English', async () => {
  const { chip } = await show({ online: 1 }, 'en');
  expect(chip).toHaveTextContent('Synced · 1 device online');
});

test('changes as the backend tells it', async () => {
  const { chip } = await show();
  connections = { ...connections, state: 'syncing', download: 7 };
  act(() => {
    backend.emit('connections');
  });
  expect(await screen.findByText(/剩余 7 项/)).toBeInTheDocument();
  expect(chip).toHaveTextContent('正在同步');
});

/** jsdom has no layout, so the panel believes that its button has scrolled out of sight and hides. */
const unseen = { hidden: true };

test('the panel shows each device: how it is reached, how far it is, what it moved', async () => {
  const user = userEvent.setup();
  const { chip } = await show({
    peers: [
      somebody,
      { ...somebody, deviceId: 'd2', userName: '陈思远', path: 'relayed', state: 'syncing', behind: 12, reason: 'not_punched' },
      { ...somebody, deviceId: 'd3', userName: '赵一鸣', path: '', state: 'offline', bytesIn: 0, bytesOut: 0, reason: 'no_route' },
    ],
  });
  await user.click(chip);
  const list = within(await screen.findByRole('list', { name: '设备', ...unseen }));
  expect(list.getAllByRole('listitem', unseen).map((item) => item.textContent)).toEqual([
    '本机ThinkPad当前设备',
    '陈思远的设备加密中转 · iMac落后 12 项，正在追赶收 2 KB · 发 512 B',
    '张若曦的设备局域网直连 · iMac已同步收 2 KB · 发 512 B',
    '赵一鸣的设备iMac还没有连上过网络不通',
  ]);
  expect(list.getByTitle('路由器不允许直连，经中继加密传输')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: '立即同步', ...unseen }));
  expect(backend.callsOf('app.SyncNow')).toHaveLength(1);
});

test('without a network a line says that nothing is lost', async () => {
  await show({ state: 'offline', upload: 3 });
  expect(screen.getByText('离线。3 项更改保存在本机，联网后自动同步')).toBeInTheDocument();
});

test('connects by address, from the panel', async () => {
  const user = userEvent.setup();
  const { chip, place } = await show();
  await user.click(chip);
  await user.click(await screen.findByRole('button', { name: '按地址连接', ...unseen }));
  expect(place()).toBe('/?address=1');
  const dialog = within(await screen.findByRole('dialog', { name: '按地址连接' }));
  expect(dialog.getAllByText(connections.self.code).length).toBeGreaterThan(0);

  await user.click(dialog.getByRole('button', { name: '连接设备' }));
  expect(dialog.getByText('先粘贴对方的地址')).toBeInTheDocument();

  backend.handle('app', {
    AddAddress: () => {
      throw rejection(new Fault('network.stranger'));
    },
  });
  await user.type(dialog.getByRole('textbox', { name: '同事设备的地址' }), '/ip4/10.0.0.9/tcp/1');
  await user.click(dialog.getByRole('button', { name: '连接设备' }));
  expect(await dialog.findByText('没能连接：那台设备不在你的团队里')).toBeInTheDocument();

  backend.handle('app', { AddAddress: () => null });
  await user.click(dialog.getByRole('button', { name: '连接设备' }));
  expect(await screen.findByText('已连接，正在同步')).toBeInTheDocument();
  expect(place()).toBe('/');
  expect(backend.callsOf('app.AddAddress')).toEqual([['/ip4/10.0.0.9/tcp/1'], ['/ip4/10.0.0.9/tcp/1']]);
});

test('a state that cannot be read is said, not guessed', async () => {
  backend.handle('app', {
    Connections: () => {
      throw rejection(new Fault('team.none'));
    },
  });
  await renderScreen(<SyncChip />);
  expect(await screen.findByRole('button', { name: '同步状态没能读取' })).toBeInTheDocument();
});
