import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';
import { Fault } from '../../platform/fault';
import { FakeBackend, rejection } from '../../platform/testing/fake-backend';
import { renderScreen } from '../../platform/testing/render';
import { InvitationHost } from './components/invitation-host';
import type { Invitation } from './model';

const LINK = 'tongzhou://join/abc';

function invitation(change: Partial<Invitation>): Invitation {
  return { id: 'i1', link: LINK, createdAt: '2026-11-21T02:00:00.000Z', expiresAt: '2026-11-28T02:00:00.000Z', state: 'open', usedBy: '', note: '', ...change };
}

let backend: FakeBackend;
let list: Invitation[];

beforeEach(() => {
  list = [];
  backend = new FakeBackend()
    .handle('app', {
      Invitations: () => list,
      CreateInvitation: ({ note }: { note: string }) => {
        const made = invitation({ id: `new${list.length}`, note });
        list = [made, ...list];
        return made;
      },
    })
    .install();
});

const user = userEvent.setup();

async function show() {
  const { place } = await renderScreen(<InvitationHost />, { at: '/chat?chat=c1&invite=1' });
  return { place, dialog: within(await screen.findByRole('dialog', { name: '邀请同事' })) };
}

test('R1: makes an invitation and shows link, QR code and when it ends', async () => {
  const { dialog } = await show();
  expect(await dialog.findByText('还没有邀请。生成一条，发给同事')).toBeInTheDocument();
  await user.type(dialog.getByRole('textbox', { name: /给谁/ }), ' 李承泽 ');
  await user.click(dialog.getByRole('button', { name: '生成邀请' }));
  expect(await dialog.findByTestId('invitation-link')).toHaveTextContent(LINK);
  expect(dialog.getByRole('img', { name: '邀请链接的二维码' })).toBeInTheDocument();
  expect(dialog.getByText(/11月28日 .*前有效，只能用一次/)).toBeInTheDocument();
  expect(backend.callsOf('app.CreateInvitation')).toEqual([[{ note: '李承泽' }]]);

  await user.click(dialog.getByRole('button', { name: '复制链接' }));
  expect(await dialog.findByRole('button', { name: '已复制' })).toBeInTheDocument();
  await expect(navigator.clipboard.readText()).resolves.toBe(LINK);
});

test('lists what became of earlier ones; only an open one can be shown again', async () => {
  list = [
    invitation({ id: 'i1', note: '何知然' }),
    invitation({ id: 'i2', state: 'used', usedBy: '梁艺桐', link: '' }),
    invitation({ id: 'i3', state: 'expired', link: '' }),
  ];
  const { dialog } = await show();
  const rows = await dialog.findAllByRole('listitem');
  expect(rows.map((row) => row.textContent)).toEqual([
    expect.stringMatching(/何知然.*未使用查看/),
    expect.stringMatching(/未注明梁艺桐 已加入.*已使用$/),
    expect.stringMatching(/未注明.*已过期$/),
  ]);
  await user.click(dialog.getByRole('button', { name: '查看' }));
  expect(dialog.getByTestId('invitation-link')).toHaveTextContent(LINK);
});

test('closing leaves the place below as it was', async () => {
  const { dialog, place } = await show();
  await user.click(dialog.getByRole('button', { name: '关闭' }));
  expect(place()).toBe('/chat?chat=c1');
});

test('a refusal is said in the dialog', async () => {
  backend.handle('app', {
    CreateInvitation: () => {
      throw rejection(new Fault('denied'));
    },
  });
  const { dialog } = await show();
  await user.click(dialog.getByRole('button', { name: '生成邀请' }));
  expect(await dialog.findByRole('alert')).toHaveTextContent('没能生成邀请：你没有做这件事的权限');
});
