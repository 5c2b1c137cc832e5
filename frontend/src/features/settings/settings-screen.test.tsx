import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';
import type { Settings } from '../../platform/api';
import { Fault } from '../../platform/fault';
import { FakeBackend, rejection } from '../../platform/testing/fake-backend';
import { anAppState, renderScreen } from '../../platform/testing/render';
import { SettingsScreen } from './components/settings-screen';

let backend: FakeBackend;
let settings: Settings;

beforeEach(() => {
  settings = { language: 'zh-CN', theme: 'light', sendKey: 'enter' };
  backend = new FakeBackend()
    .handle('app', {
      State: () => anAppState({ settings }),
      SaveSettings: (next: Settings) => {
        settings = next;
        return next;
      },
      Connections: () => ({ self: { deviceName: 'ThinkPad X1' } }),
      Doctor: () => [
        { name: 'mdns', state: 'warn', code: 'mdns.blocked', params: { reason: 'permission denied' } },
        { name: 'disk', state: 'ok', code: 'disk.ok', params: { free: '182 GB' } },
        { name: 'new', state: 'fail', code: 'new.broken', params: {} },
      ],
    })
    .install();
});

const user = userEvent.setup();
const show = (at: string) => renderScreen(<SettingsScreen />, { at });

test('a choice is saved with the others as they are', async () => {
  await show('/settings');
  const group = within(await screen.findByRole('radiogroup', { name: '发送消息' }));
  await user.click(group.getByRole('radio', { name: 'Ctrl Enter 发送' }));
  expect(backend.callsOf('app.SaveSettings')).toEqual([[{ language: 'zh-CN', theme: 'light', sendKey: 'ctrl_enter' }]]);
  expect(group.getByRole('radio', { name: 'Ctrl Enter 发送' })).toBeChecked();
});

test('a choice that was not saved goes back, with the reason', async () => {
  backend.handle('app', {
    SaveSettings: () => {
      throw rejection(new Fault('store.full'));
    },
  });
  await show('/settings?section=appearance');
  await user.click(await screen.findByRole('radio', { name: '深色' }));
  expect(await screen.findByText(/设置没能保存：磁盘已满/)).toBeInTheDocument();
  expect(await screen.findByRole('radio', { name: '浅色', checked: true })).toBeInTheDocument();
});

test('groups are part of the address', async () => {
  const { place } = await show('/settings');
  await user.click(await screen.findByRole('button', { name: '个人与团队' }));
  expect(place()).toBe('/settings?section=account');
  expect(await screen.findByText('ThinkPad X1')).toBeInTheDocument();
  expect(screen.getByText('所有者')).toBeInTheDocument();
});

test('the doctor tells what works and what to do about the rest', async () => {
  await show('/settings?section=about');
  await screen.findByText('局域网发现');
  const checks = screen.getAllByRole('listitem').map((item) => item.textContent).filter((text) => text.includes('·'));
  expect(checks).toEqual([
    '局域网发现受限 · 无法收发组播：permission denied在防火墙中允许 UDP 5353，或在同步面板中按地址添加同事的电脑',
    '磁盘正常 · 剩余 182 GB',
    // A newer program may find what this page has no words for.
    'new失败 · new.broken',
  ]);
  await user.click(screen.getByRole('button', { name: '重新检查' }));
  expect(backend.callsOf('app.Doctor')).toHaveLength(2);
});
