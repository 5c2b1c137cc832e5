import { act, fireEvent, render, screen } from '@testing-library/react';
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { SendKey } from '../../../platform/api';
import { startTranslator } from '../../../platform/i18n';
import { fakeLayout } from '../../../platform/testing/layout';
import { UiProvider } from '../../../ui/provider';
import { DRAFT_AFTER_MS } from '../use-draft';
import { Composer } from './composer';

beforeAll(fakeLayout);

const onSend = vi.fn<(text: string) => Promise<void>>();
const onDraft = vi.fn<(text: string) => void>();

beforeEach(() => {
  onSend.mockReset().mockResolvedValue(undefined);
  onDraft.mockReset();
});

function show({ draft = '', sendKey = 'enter' }: { draft?: string; sendKey?: SendKey } = {}) {
  const t = startTranslator('zh-CN').getFixedT('zh-CN', 'chat');
  const view = render(
    <UiProvider theme="light">
      <Composer
        name="林晓雯"
        draft={draft}
        sendKey={sendKey}
        language="zh-CN"
        mac={false}
        t={t}
        onSend={onSend}
        onDraft={onDraft}
        reasonOf={(error) => (error as Error).message}
      />
    </UiProvider>,
  );
  const editor = screen.getByRole('textbox');
  return { ...view, editor, button: () => screen.getByRole('button', { name: '发送' }) };
}

/** Text comes in as it would from the clipboard; the editor takes it like typed text. */
function write(editor: HTMLElement, text: string): void {
  fireEvent.paste(editor, { clipboardData: { getData: () => text, files: [], types: ['text/plain'] } });
}

const lines = (editor: HTMLElement) => [...editor.querySelectorAll('p')].map((p) => p.textContent);

test('Enter sends and empties the box', () => {
  const { editor } = show();
  const hint = () => editor.querySelector('[data-hint="发消息到 林晓雯"]');
  expect(hint()).not.toBeNull();
  write(editor, ' 灰度正常\n今晚放量 ');
  expect(hint()).toBeNull();
  fireEvent.keyDown(editor, { key: 'Enter', keyCode: 13 });
  expect(onSend.mock.calls).toEqual([['灰度正常\n今晚放量']]);
  expect(lines(editor)).toEqual(['']);
  expect(hint()).not.toBeNull();
});

test('the Enter that an input method takes never sends (ui.md §8)', () => {
  const { editor } = show();
  write(editor, 'huidu');
  fireEvent.keyDown(editor, { key: 'Enter', keyCode: 229 });
  fireEvent.keyDown(editor, { key: 'Enter', keyCode: 13, isComposing: true });
  expect(onSend).not.toHaveBeenCalled();
  fireEvent.keyDown(editor, { key: 'Enter', keyCode: 13 });
  expect(onSend).toHaveBeenCalledOnce();
});

test('Shift + Enter breaks the line', () => {
  const { editor } = show();
  write(editor, '一');
  fireEvent.keyDown(editor, { key: 'Enter', keyCode: 13, shiftKey: true });
  expect(onSend).not.toHaveBeenCalled();
  expect(lines(editor)).toHaveLength(2);
});

test('by setting, Ctrl + Enter sends and Enter breaks the line', () => {
  const { editor } = show({ sendKey: 'ctrl_enter' });
  expect(screen.getByText('Ctrl + Enter 发送')).toBeVisible();
  write(editor, '一');
  fireEvent.keyDown(editor, { key: 'Enter', keyCode: 13 });
  expect(onSend).not.toHaveBeenCalled();
  fireEvent.keyDown(editor, { key: 'Enter', keyCode: 13, ctrlKey: true });
  expect(onSend).toHaveBeenCalledOnce();
});

test('there is nothing to send in blanks, and the button says so', () => {
  const { editor, button } = show();
  expect(button()).toHaveAttribute('aria-disabled', 'true');
  write(editor, '  \n ');
  fireEvent.keyDown(editor, { key: 'Enter', keyCode: 13 });
  expect(onSend).not.toHaveBeenCalled();
  write(editor, '好');
  expect(button()).not.toHaveAttribute('aria-disabled');
});

test('a refused message goes back into the box with the reason, before what was written since', async () => {
  let refuse: (reason: Error) => void = () => undefined;
  onSend.mockReturnValueOnce(new Promise((_resolve, reject) => (refuse = reject)));
  const { editor } = show();
  write(editor, '第一条');
  fireEvent.keyDown(editor, { key: 'Enter', keyCode: 13 });
  write(editor, '第二条');
  await act(async () => {
    refuse(new Error('磁盘已满'));
    await Promise.resolve();
  });
  expect(lines(editor)).toEqual(['第一条', '第二条']);
  expect(screen.getByRole('alert')).toHaveTextContent('没能发送：磁盘已满');
  expect(onDraft).toHaveBeenLastCalledWith('第一条\n第二条');
  fireEvent.click(screen.getByRole('button', { name: '知道了' }));
  expect(screen.queryByRole('alert')).toBeNull();
});

test('a message refused after its chat was left becomes the draft of that chat', async () => {
  let refuse: (reason: Error) => void = () => undefined;
  onSend.mockReturnValueOnce(new Promise((_resolve, reject) => (refuse = reject)));
  const { editor, unmount } = show();
  write(editor, '别丢了');
  fireEvent.keyDown(editor, { key: 'Enter', keyCode: 13 });
  unmount();
  refuse(new Error('磁盘已满'));
  await Promise.resolve();
  await Promise.resolve();
  expect(onDraft).toHaveBeenLastCalledWith('别丢了');
});

test('a draft comes back, is saved a moment after the last change, and at once when the chat is left', () => {
  vi.useFakeTimers();
  const { editor, unmount } = show({ draft: '草稿\n两行' });
  expect(lines(editor)).toEqual(['草稿', '两行']);
  write(editor, 'a');
  vi.advanceTimersByTime(DRAFT_AFTER_MS - 1);
  write(editor, 'b');
  vi.advanceTimersByTime(DRAFT_AFTER_MS - 1);
  expect(onDraft).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(onDraft).toHaveBeenCalledOnce();
  write(editor, 'c');
  unmount();
  expect(onDraft).toHaveBeenCalledTimes(2);
  vi.useRealTimers();
});
