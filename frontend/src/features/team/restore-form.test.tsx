import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test, vi } from 'vitest';
import { Fault } from '../../platform/fault';
import { FakeBackend, rejection } from '../../platform/testing/fake-backend';
import { anAppState, renderScreen } from '../../platform/testing/render';
import { RestoreForm } from './components/restore-form';
import { staleAfter } from './queries';

let backend: FakeBackend;

const FOUND = { deviceName: '旧 ThinkPad', at: '2026-11-20T02:00:00.000Z', run: 3, ops: 1200, missing: 0, rows: 0 };

beforeEach(() => {
  backend = new FakeBackend()
    .handle('app', { State: () => anAppState({ phase: 'none' }), InspectBackup: () => FOUND, RestoreBackup: () => FOUND, RestoreProgress: () => ({ phase: 'ops', done: 1, total: 4 }), CancelBackup: () => undefined })
    .handle('desktop', { ChooseFolder: () => '/media/usb' })
    .install();
});

const user = userEvent.setup();
const show = () => renderScreen(<RestoreForm onBack={vi.fn()} />, { at: '/', staleAfter });

async function look() {
  await user.type(screen.getByLabelText(/^备份文件夹/), '/media/usb');
  await user.type(screen.getByLabelText(/^备份口令/, { selector: 'input[type=password]' }), 'qX9!tmrv');
  await user.click(screen.getByRole('button', { name: '查看备份' }));
}

// U5: the person says that the old machine is gone before anything is restored.
test('looks into the backup, asks about the old machine, and restores', async () => {
  await show();
  await look();
  expect(await screen.findByText('旧 ThinkPad')).toBeVisible();
  await user.click(screen.getByRole('button', { name: '恢复' }));
  expect(await screen.findByRole('alert')).toHaveTextContent('先确认那台电脑不再使用');
  expect(backend.callsOf('app.RestoreBackup')).toHaveLength(0);
  await user.click(screen.getByRole('checkbox', { name: '那台电脑不再使用' }));
  await user.click(screen.getByRole('button', { name: '恢复' }));
  await waitFor(() => expect(backend.callsOf('app.RestoreBackup')).toEqual([[{ from: '/media/usb', passphrase: 'qX9!tmrv', words: '', run: 0, oldIsGone: true }]]));
});

test('what is typed anew is looked into anew', async () => {
  await show();
  await look();
  await user.click(await screen.findByRole('checkbox', { name: '那台电脑不再使用' }));
  await user.type(screen.getByLabelText(/^备份文件夹/), '2');
  expect(screen.queryByRole('checkbox')).toBeNull();
  expect(screen.getByRole('button', { name: '查看备份' })).toBeVisible();
});

test('a refusal says why, and that nothing was changed', async () => {
  backend.handle('app', {
    InspectBackup: () => {
      throw rejection(new Fault('backup.passphrase'));
    },
  });
  await show();
  await look();
  expect(await screen.findByRole('alert')).toHaveTextContent('没有恢复，这台电脑上没有改动任何内容：备份口令不对，再试一次，或改用恢复词');
});

test('shows how far it is, and can be cancelled', async () => {
  backend.handle('app', { RestoreBackup: () => new Promise(() => undefined) });
  await show();
  await look();
  await user.click(await screen.findByRole('checkbox', { name: '那台电脑不再使用' }));
  await user.click(screen.getByRole('button', { name: '恢复' }));
  expect(await screen.findByRole('progressbar', { name: '正在恢复' })).toHaveAttribute('aria-valuenow', '25');
  await user.click(screen.getByRole('button', { name: '取消' }));
  expect(backend.callsOf('app.CancelBackup')).toHaveLength(1);
});
