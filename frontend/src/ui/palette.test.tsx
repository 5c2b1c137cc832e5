import { fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';
import type { PaletteItem } from '../platform/feature';
import { renderScreen } from '../platform/testing/render';
import { IconUser } from './icons';
import { Palette } from './palette';

function item(id: string, group: string, run = () => undefined as unknown): PaletteItem {
  return { id, group, label: `项目 ${id}`, icon: IconUser, run };
}

async function show(items: PaletteItem[]) {
  const onSearch = vi.fn();
  const onClose = vi.fn();
  await renderScreen(<Palette opened label="全局搜索" placeholder="搜索" empty="没有匹配的结果" items={items} onSearch={onSearch} onClose={onClose} />);
  return { onSearch, onClose, input: await screen.findByRole('combobox') };
}

test('arrow keys move over the groups, Enter runs', async () => {
  const run = vi.fn();
  const { input, onClose } = await show([item('1', '会话'), item('2', '联系人'), item('3', '联系人', run)]);
  expect(screen.getAllByRole('group').map((group) => group.textContent)).toEqual(['会话项目 1', '联系人项目 2项目 3']);
  expect(screen.getByRole('option', { selected: true })).toHaveTextContent('项目 1');
  await userEvent.type(input, '{ArrowUp}{ArrowDown}{ArrowDown}{ArrowDown}');
  const selected = screen.getByRole('option', { selected: true });
  expect(selected).toHaveTextContent('项目 3');
  expect(input).toHaveAttribute('aria-activedescendant', selected.id);
  await userEvent.type(input, '{Enter}');
  expect(run).toHaveBeenCalledTimes(1);
  expect(onClose).toHaveBeenCalledTimes(1);
});

test('searches when typing pauses and begins at the first result again', async () => {
  const { input, onSearch } = await show([item('1', '会话'), item('2', '会话')]);
  await userEvent.type(input, '{ArrowDown}张');
  await waitFor(() => {
    expect(onSearch).toHaveBeenCalledWith('张');
  });
  expect(screen.getByRole('option', { selected: true })).toHaveTextContent('项目 1');
});

test('a click runs, too', async () => {
  const run = vi.fn();
  await show([item('1', '会话'), item('2', '会话', run)]);
  fireEvent.click(screen.getByRole('option', { name: /项目 2/ }));
  expect(run).toHaveBeenCalledTimes(1);
});

test('says when there is nothing, but not before a search', async () => {
  const { input } = await show([]);
  expect(screen.queryByText('没有匹配的结果')).toBeNull();
  await userEvent.type(input, 'x');
  expect(await screen.findByText('没有匹配的结果')).toBeInTheDocument();
});
