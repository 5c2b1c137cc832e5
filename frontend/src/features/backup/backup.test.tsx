import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';
import { Fault } from '../../platform/fault';
import { FakeBackend, rejection } from '../../platform/testing/fake-backend';
import { anAppState, renderScreen } from '../../platform/testing/render';
import { BackupNotice } from './components/backup-notice';
import { BackupSection } from './components/backup-section';
import type { Backup } from './model';
import { staleAfter } from './queries';

let backend: FakeBackend;
let backup: Backup;

const NONE: Backup['last'] = { at: '', added: 0, size: 0, ops: 0, read: false, tested: false, code: '' };
const GOOD: Backup['last'] = { at: '2026-11-20T02:00:00.000Z', added: 2048, size: 4 << 20, ops: 12, read: true, tested: true, code: '' };
const aBackup = (change: Partial<Backup> = {}): Backup => ({
  folder: '/media/usb',
  set: '/media/usb/tongzhou-backup-1',
  days: 7,
  due: false,
  dueAt: '2026-11-27T02:00:00.000Z',
  later: false,
  phase: '',
  done: 0,
  total: 0,
  last: GOOD,
  failed: { at: '', code: '', params: {} },
  ...change,
});

beforeEach(() => {
  backup = aBackup();
  backend = new FakeBackend()
    .handle('app', {
      State: () => anAppState(),
      Backup: () => backup,
      BackUpNow: () => (backup = { ...backup, phase: 'writing' }),
      CancelBackup: () => {
        backup = { ...backup, phase: '' };
      },
      ForgetBackup: () => (backup = aBackup({ folder: '', set: '', last: NONE })),
      RemindLater: () => (backup = { ...backup, later: true }),
      SetUpBackup: ({ folder }: { folder: string }) => (backup = aBackup({ folder, phase: 'writing', last: NONE })),
      CheckPassphrase: () => ({ problems: [], score: 4 }),
    })
    .handle('desktop', { ChooseFolder: () => '/media/chosen' })
    .install();
});

const user = userEvent.setup();
const show = (at = '/settings?section=backup') => renderScreen(<BackupSection />, { at, staleAfter });
const change = async (next: Partial<Backup>) => {
  backup = { ...backup, ...next };
  await act(async () => {
    backend.emit('backup');
    await Promise.resolve();
  });
};

// U7: the screen says how far a backup was tried, and no more.
test('says what was checked, and what was not', async () => {
  await show();
  expect(await screen.findByText('已全部读回，试恢复成功')).toBeVisible();
  expect(screen.getByText('4 MB，其中新增 2 KB')).toBeVisible();
  await change({ last: { ...GOOD, tested: false, code: 'backup.cancelled' } });
  expect(await screen.findByText('已全部读回，没有试恢复：已取消，以前的备份都还在')).toBeVisible();
  await change({ last: { ...GOOD, read: false, tested: false, code: 'backup.unplugged' } });
  expect(await screen.findByText(/^写入后没有读回：/)).toBeVisible();
  expect(screen.queryByText('已全部读回，试恢复成功')).toBeNull();
});

test('runs, shows how far it is, and can be cancelled', async () => {
  await show();
  await user.click(await screen.findByRole('button', { name: '立即备份' }));
  expect(await screen.findByRole('progressbar', { name: '正在写入新增的内容' })).toBeVisible();
  expect(screen.getByText('正在核对')).toBeVisible();
  await change({ phase: 'reading', done: 30, total: 40 });
  expect(await screen.findByRole('progressbar', { name: '正在读回核对' })).toHaveAttribute('aria-valuenow', '75');
  expect(screen.queryByRole('button', { name: '立即备份' })).toBeNull();
  await user.click(screen.getByRole('button', { name: '取消' }));
  expect(backend.callsOf('app.CancelBackup')).toHaveLength(1);
});

test('a failure says what happened, what is kept and what to do', async () => {
  backup = aBackup({ failed: { at: '2026-11-21T02:00:00.000Z', code: 'backup.full', params: { folder: '/media/usb' } } });
  await show();
  expect(await screen.findByRole('alert')).toHaveTextContent('这次没有备份成：/media/usb 已满，以前的备份都还在。腾出空间或换一个磁盘再试');
});

test('is set up with a folder and a passphrase', async () => {
  backup = aBackup({ folder: '', set: '', last: NONE });
  await show();
  await user.click(await screen.findByRole('button', { name: '设置备份' }));
  const dialog = await screen.findByRole('dialog');
  await user.click(within(dialog).getByRole('button', { name: '开始备份' }));
  expect(await within(dialog).findByText('先选择 U 盘或移动硬盘上的文件夹')).toBeVisible();
  expect(backend.callsOf('app.SetUpBackup')).toHaveLength(0);
  await user.click(within(dialog).getByRole('button', { name: '选择文件夹' }));
  expect(await within(dialog).findByDisplayValue('/media/chosen')).toBeVisible();
  const [passphrase, repeat] = [within(dialog).getByLabelText(/^备份口令/), within(dialog).getByLabelText(/^再输一次/)];
  await user.type(passphrase, 'qX9!tmrv');
  await user.type(repeat, 'qX9!tmrv');
  await user.type(within(dialog).getByLabelText(/^这台设备的口令/), 'kT7#mwzq');
  await user.click(within(dialog).getByRole('button', { name: '开始备份' }));
  await waitFor(() => expect(backend.callsOf('app.SetUpBackup')).toEqual([[{ current: 'kT7#mwzq', folder: '/media/chosen', passphrase: 'qX9!tmrv' }]]));
  expect(await screen.findByText('正在写入新增的内容')).toBeVisible();
});

test('a place that is refused stays open, with the reason', async () => {
  backup = aBackup({ folder: '', set: '', last: NONE });
  backend.handle('app', {
    SetUpBackup: () => {
      throw rejection(new Fault('backup.inside', { folder: '/data' }));
    },
  });
  await show('/settings?section=backup&do=setup');
  const dialog = await screen.findByRole('dialog');
  await user.type(within(dialog).getByLabelText(/^保存到/), '/data');
  await user.type(within(dialog).getByLabelText(/^备份口令/), 'qX9!tmrv');
  await user.type(within(dialog).getByLabelText(/^再输一次/), 'qX9!tmrv');
  await user.type(within(dialog).getByLabelText(/^这台设备的口令/), 'kT7#mwzq');
  await user.click(within(dialog).getByRole('button', { name: '开始备份' }));
  expect(await within(dialog).findByRole('alert')).toHaveTextContent('/data 在同舟的数据文件夹里');
});

// R137
test('reminds of what is due until it is put off', async () => {
  backup = aBackup({ due: true });
  await renderScreen(<BackupNotice />, { at: '/chat', staleAfter });
  expect(await screen.findByText('超过 7 天没有备份了，接上备份磁盘后会自动备份')).toBeVisible();
  await user.click(screen.getByRole('button', { name: '明天再说' }));
  await waitFor(() => expect(screen.queryByRole('note')).toBeNull());
});

test('says nothing while nothing is due', async () => {
  await renderScreen(<BackupNotice />, { at: '/chat', staleAfter });
  await waitFor(() => expect(backend.callsOf('app.Backup').length).toBeGreaterThan(0));
  expect(screen.queryByRole('note')).toBeNull();
});
