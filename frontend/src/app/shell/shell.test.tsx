import { fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';
import { demoAnnouncements } from '../../platform/testing/demo/announcement';
import { demoApp } from '../../platform/testing/demo/app';
import { demoChat } from '../../platform/testing/demo/chat';
import { demoOrg } from '../../platform/testing/demo/org';
import { FakeBackend, rejection } from '../../platform/testing/fake-backend';
import { appStaleAfter } from '../../platform/app-state';
import { LOST } from '../../platform/event-stream';
import { followEvents } from '../../platform/events';
import { Fault, UNREACHABLE } from '../../platform/fault';
import { startTranslator } from '../../platform/i18n';
import { newQueryClient } from '../../platform/query-client';
import { App } from '../app';
import { features, screensOf } from '../features';
import { makeRouter } from '../router';

let backend: FakeBackend;

beforeEach(() => {
  window.location.hash = '#/settings';
  startTranslator('zh-CN');
  backend = new FakeBackend();
  backend
    .handle('app', demoApp(backend, { scene: 'ready', net: 'synced', settings: { language: 'zh-CN', theme: 'light', sendKey: 'enter' } }))
    .handle('org', demoOrg(backend))
    .handle('chat', demoChat(backend))
    .handle('announcement', demoAnnouncements(backend))
    .install();
});

async function show() {
  render(<App client={newQueryClient()} router={makeRouter(features)} />);
  return within(await screen.findByRole('navigation', { name: '模块' }));
}

test('the rail has the modules there are, in order, with what asks for me', async () => {
  const rail = await show();
  const names = screensOf(features, 'modules').map(({ path }) => path);
  expect(names).toEqual(['/chat', '/org', '/announcement', '/rules', '/audit']);
  // The log is for those who may see what others did.
  expect(screensOf(features, 'modules', 'member').map(({ path }) => path)).toEqual(['/chat', '/org', '/announcement', '/rules']);
  await rail.findByRole('button', { name: /消息.*条未读/ });
  expect(rail.getAllByRole('button').map((button) => button.textContent.replace(/\d+\+?/g, ''))).toEqual(['', '消息 条未读', '通讯录', '公告 条未读', '规范', '日志', '', '']);
});

test('Ctrl 1…9 go to the modules, Ctrl Shift L changes the theme', async () => {
  await show();
  fireEvent.keyDown(window, { key: '2', ctrlKey: true });
  await waitFor(() => {
    expect(window.location.hash).toBe('#/org');
  });
  expect(document.documentElement).toHaveAttribute('data-mantine-color-scheme', 'light');
  fireEvent.keyDown(window, { key: 'L', ctrlKey: true, shiftKey: true });
  await waitFor(() => {
    expect(document.documentElement).toHaveAttribute('data-mantine-color-scheme', 'dark');
  });
});

test('Ctrl K opens the palette, which knows what the features know', async () => {
  await show();
  fireEvent.keyDown(window, { key: 'k', ctrlKey: true });
  const input = await screen.findByRole('combobox', { name: '全局搜索' });
  fireEvent.change(input, { target: { value: '邀请' } });
  await waitFor(() => {
    expect(screen.queryByRole('option', { name: /打开设置/ })).toBeNull();
  });
  fireEvent.click(screen.getByRole('option', { name: '邀请同事' }));
  expect(await screen.findByRole('dialog', { name: '邀请同事' })).toBeInTheDocument();
});

test('Ctrl / lists the shortcuts that work', async () => {
  await show();
  fireEvent.keyDown(window, { key: '/', ctrlKey: true });
  const dialog = within(await screen.findByRole('dialog', { name: '快捷键' }));
  expect(dialog.getByText('Ctrl Shift L')).toBeInTheDocument();
  expect(dialog.getByText('打开通讯录')).toBeInTheDocument();
});

test('what is on the screen stays when the program stops answering, and a line says so', async () => {
  const client = newQueryClient();
  followEvents(client, [appStaleAfter]);
  render(<App client={client} router={makeRouter(features)} />);
  await screen.findByRole('heading', { name: '设置' });
  backend.handle('app', {
    State: () => {
      throw rejection(new Fault(UNREACHABLE));
    },
  });
  backend.emit(LOST);
  expect(await screen.findByText(/连不上本机的同舟程序/)).toBeInTheDocument();
  expect(screen.getByRole('heading', { name: '设置' })).toBeInTheDocument();

  backend.handle('app', demoApp(backend, { scene: 'ready', net: 'synced', settings: { language: 'zh-CN', theme: 'light', sendKey: 'enter' } }));
  fireEvent.click(screen.getByRole('button', { name: '重试' }));
  await waitFor(() => {
    expect(screen.queryByText(/连不上本机的同舟程序/)).toBeNull();
  });
});

test('R18: Ctrl L locks, and nothing of the team is left on the screen', async () => {
  const rail = await show();
  expect(rail.getByRole('button', { name: /周明轩，个人与设备/ })).toBeInTheDocument();
  fireEvent.keyDown(window, { key: 'l', ctrlKey: true });
  expect(await screen.findByRole('heading', { name: '解锁同舟' })).toBeInTheDocument();
  expect(screen.queryByRole('navigation', { name: '模块' })).toBeNull();
});

test('a path that is none leads home', async () => {
  window.location.hash = '#/nowhere';
  await show();
  await waitFor(() => {
    expect(window.location.hash).toMatch(/^#\/chat/);
  });
});
