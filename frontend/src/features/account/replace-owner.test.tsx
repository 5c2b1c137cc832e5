import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';
import { Fault } from '../../platform/fault';
import { FakeBackend, rejection } from '../../platform/testing/fake-backend';
import { renderScreen } from '../../platform/testing/render';
import { ReplaceOwnerDialog } from './components/replace-owner-dialog';
import type { Council } from './model';

const COUNCIL: Council = { needed: 2, keys: 3, owners: [{ userId: 'u1', name: '周明轩' }] };
const wordsOf = (stem: string) => Array.from({ length: 24 }, (_, n) => `${stem}${String.fromCharCode(97 + n)}`);

async function show(replace: () => unknown) {
  const backend = new FakeBackend()
    .handle('app', { ReplaceOwner: replace })
    .handle('org', { Members: () => ({ members: ['周明轩', '林晓雯'].map((name, n) => ({ userId: `u${String(n + 1)}`, name, avatar: 1 })), total: 2 }) })
    .install();
  const onClose = vi.fn();
  await renderScreen(<ReplaceOwnerDialog council={COUNCIL} onClose={onClose} />);
  return { backend, onClose, user: userEvent.setup() };
}

async function enter(user: ReturnType<typeof userEvent.setup>, words: readonly string[]) {
  const group = within(await screen.findByRole('group'));
  const [first] = group.getAllByRole('textbox');
  if (!first) throw new Error('no field');
  await user.click(first);
  await user.paste(words.join(' '));
}

test('two holders enter their words one after another, and the heir becomes owner', async () => {
  const { backend, onClose, user } = await show(() => null);
  await user.click(screen.getByRole('button', { name: '下一步' }));
  expect(backend.callsOf('app.ReplaceOwner')).toEqual([]);
  await user.click(screen.getByRole('combobox', { name: /由谁接任/ }));
  await user.click(await screen.findByRole('option', { name: '林晓雯', hidden: true }));
  await user.click(screen.getByRole('button', { name: '下一步' }));
  await enter(user, wordsOf('a'));
  await user.click(screen.getByRole('button', { name: '下一步' }));
  await enter(user, wordsOf('b'));
  await user.click(screen.getByRole('button', { name: '更换所有者' }));
  await waitFor(() => expect(onClose).toHaveBeenCalled());
  expect(backend.callsOf('app.ReplaceOwner')).toEqual([[{ replaces: 'u1', subject: 'u2', words: [wordsOf('a'), wordsOf('b')] }]]);
});

test('words that are of no key lead back to their holder, with the reason', async () => {
  const { onClose, user } = await show(() => {
    throw rejection(new Fault('council.key', { holder: '1' }));
  });
  await user.click(screen.getByRole('combobox', { name: /由谁接任/ }));
  await user.click(await screen.findByRole('option', { name: '林晓雯', hidden: true }));
  await user.click(screen.getByRole('button', { name: '下一步' }));
  await enter(user, wordsOf('a'));
  await user.click(screen.getByRole('button', { name: '下一步' }));
  await enter(user, wordsOf('b'));
  await user.click(screen.getByRole('button', { name: '更换所有者' }));
  expect(await screen.findByText('第 1 位保管人，共 2 位')).toBeInTheDocument();
  expect(screen.getByText('这不是恢复委员会的钥匙')).toBeInTheDocument();
  expect(onClose).not.toHaveBeenCalled();
});
