import { act, fireEvent, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';
import { Fault } from '../../platform/fault';
import { FakeBackend, rejection } from '../../platform/testing/fake-backend';
import { renderScreen } from '../../platform/testing/render';
import { RelayDialog } from './components/relay-dialog';
import { staleAfter } from './queries';
import { shortAddress } from './relays';
import type { Relay, Relays } from './relays';

let backend: FakeBackend;
let relays: Relays;

const spare: Relay = {
  key: 'ab12', name: '机房的旧电脑', addresses: ['/ip4/192.168.1.9/tcp/4711'], state: 'synced', path: 'lan', reason: '', since: '',
  waiting: 0, behind: 0, storedAt: '', syncedAt: '', devices: 4, refused: '',
};

beforeEach(() => {
  relays = { relays: [], mayChange: true, max: 4 };
  backend = new FakeBackend()
    .handle('app', {
      Relays: () => relays,
      PreviewRelay: () => ({ key: 'ab12', addresses: ['/ip4/192.168.1.9/tcp/4711', '/ip6/fd00::9/udp/4711/quic-v1'], known: false, allows: true }),
      AddRelay: () => (relays = { ...relays, relays: [{ ...spare, state: 'connecting', devices: 0 }] }),
      RemoveRelay: () => (relays = { ...relays, relays: [] }),
    })
    .install();
});

async function show(change: Partial<Relays> = {}) {
  Object.assign(relays, change);
  await renderScreen(<RelayDialog />, { staleAfter, at: '/?relays=1' });
  return within(await screen.findByRole('dialog', { name: '中继' }));
}

test('the first one is set up step by step: the command, the link, the result', async () => {
  const user = userEvent.setup();
  const dialog = await show();
  expect(await dialog.findByText('tongzhou relay')).toBeInTheDocument();
  await user.click(dialog.getByRole('button', { name: '添加中继' }));
  expect(dialog.getByText('先粘贴中继的链接')).toBeInTheDocument();

  backend.handle('app', {
    PreviewRelay: () => {
      throw rejection(new Fault('relay.other'));
    },
  });
  await user.type(dialog.getByRole('textbox', { name: '中继的链接' }), 'x');
  expect(await dialog.findByText('这不是中继的链接。在运行中继的电脑上复制')).toBeInTheDocument();
  await user.click(dialog.getByRole('button', { name: '添加中继' }));
  expect(backend.callsOf('app.AddRelay')).toEqual([]);

  backend.handle('app', { PreviewRelay: () => ({ key: 'ab12', addresses: ['/ip4/192.168.1.9/tcp/4711'], known: false, allows: false }) });
  await user.clear(dialog.getByRole('textbox', { name: '中继的链接' }));
  await user.type(dialog.getByRole('textbox', { name: '中继的链接' }), 'tongzhou:relay?abc');
  expect(await dialog.findByText(/中继地址 192.168.1.9:4711/)).toHaveTextContent('不带许可');
  await user.type(dialog.getByRole('textbox', { name: '名称（选填）' }), '机房的旧电脑');
  await user.click(dialog.getByRole('button', { name: '添加中继' }));
  expect(await dialog.findByRole('listitem', { name: '机房的旧电脑' })).toHaveTextContent('正在连接');
  expect(backend.callsOf('app.AddRelay')).toEqual([['tongzhou:relay?abc', '机房的旧电脑']]);
  expect(dialog.queryByRole('form')).not.toBeInTheDocument();

  relays = { ...relays, relays: [spare] };
  act(() => {
    backend.emit('relays');
  });
  expect(await dialog.findByText('全部存好')).toBeInTheDocument();
  expect(dialog.getByText('192.168.1.9:4711 · 登记了 4 台设备')).toBeInTheDocument();
});

test('a picture of the code is as good as the link', async () => {
  backend.handle('app', { ReadCode: () => 'tongzhou:relay?abc' });
  const dialog = await show();
  const link = await dialog.findByRole('textbox', { name: '中继的链接' });
  fireEvent.paste(link, { clipboardData: { files: [new File(['code'], 'a.png', { type: 'image/png' })], getData: () => '' } });
  expect(await dialog.findByText(/中继地址 192.168.1.9:4711/)).toBeInTheDocument();
  expect(backend.callsOf('app.PreviewRelay')).toEqual([['tongzhou:relay?abc']]);
});

test.each([
  [{ state: 'offline', reason: 'no_route' }, /没连上.*网络不通.*确认那台电脑开着/],
  [{ state: 'not_allowed' }, /还没有允许这个团队.*tongzhou relay allow/],
  [{ state: 'not_listed' }, /等管理员的设备登记这台设备/],
  [{ state: 'syncing', waiting: 3 }, /还有 3 项没存上/],
  [{ state: 'syncing', waiting: 3, behind: 12 }, /还有 12 项没取回/],
  [{ state: 'syncing' }, /正在核对/],
  [{ state: 'full' }, /空间已满.*腾出空间/],
  [{ state: 'content_full', waiting: 2 }, /图片和文件存不下了.*消息照常存取/],
] as [Partial<Relay>, RegExp][])('%j is told with what to do', async (change, text) => {
  const dialog = await show({ relays: [{ ...spare, ...change }] });
  expect((await dialog.findByRole('listitem', { name: '机房的旧电脑' })).textContent).toMatch(text);
});

test('removing asks first, and says what stays', async () => {
  const user = userEvent.setup();
  const dialog = await show({ relays: [spare] });
  await user.click(await dialog.findByRole('button', { name: '移除机房的旧电脑' }));
  expect(dialog.getByText(/设备上的内容都还在/)).toBeInTheDocument();
  await user.click(dialog.getByRole('button', { name: '保留' }));
  expect(backend.callsOf('app.RemoveRelay')).toEqual([]);
  await user.click(dialog.getByRole('button', { name: '移除机房的旧电脑' }));
  await user.click(dialog.getByRole('button', { name: '移除中继' }));
  expect(await dialog.findByText('tongzhou relay')).toBeInTheDocument();
  expect(backend.callsOf('app.RemoveRelay')).toEqual([['ab12']]);
});

test('who may not change anything still sees how it stands', async () => {
  const dialog = await show({ relays: [spare], mayChange: false });
  expect(await dialog.findByText('全部存好')).toBeInTheDocument();
  expect(dialog.getByText('只有所有者和管理员可以添加或移除中继')).toBeInTheDocument();
  expect(dialog.queryByRole('button', { name: /移除|添加/ })).not.toBeInTheDocument();
});

test('a state that cannot be read is said, not guessed', async () => {
  backend.handle('app', {
    Relays: () => {
      throw rejection(new Fault('team.none'));
    },
  });
  const dialog = await show();
  expect(await dialog.findByText(/中继的状态没能读取/)).toBeInTheDocument();
});

test('an address is told by host and port', () => {
  expect(shortAddress('/ip4/192.168.1.9/tcp/4711')).toBe('192.168.1.9:4711');
  expect(shortAddress('/ip6/fd00::9/udp/4711/quic-v1')).toBe('[fd00::9]:4711');
  expect(shortAddress('/dns4/relay.example.com/tcp/443')).toBe('relay.example.com:443');
  expect(shortAddress('nonsense')).toBe('nonsense');
});
