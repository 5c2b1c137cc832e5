import { act, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startTranslator } from '../platform/i18n';
import { UiProvider } from './provider';
import { SearchInput } from './search-input';

beforeEach(() => {
  vi.useFakeTimers();
  startTranslator('zh-CN');
});
afterEach(() => {
  vi.useRealTimers();
});

function show(value = '') {
  const onSearch = vi.fn();
  const view = (text: string) => (
    <UiProvider theme="light">
      <SearchInput label="搜索" placeholder="搜索" value={text} onSearch={onSearch} />
    </UiProvider>
  );
  const { rerender } = render(view(value));
  return { onSearch, field: screen.getByRole('searchbox'), setValue: (text: string) => rerender(view(text)) };
}

function pass(ms: number) {
  act(() => {
    vi.advanceTimersByTime(ms);
  });
}

function type(field: HTMLElement, text: string) {
  fireEvent.change(field, { target: { value: text } });
}

test('waits until typing pauses', () => {
  const { onSearch, field } = show();
  type(field, 'z');
  pass(100);
  type(field, 'zr');
  pass(119);
  expect(onSearch).not.toHaveBeenCalled();
  pass(1);
  expect(onSearch).toHaveBeenCalledExactlyOnceWith('zr');
});

test('says nothing while an input method composes', () => {
  const { onSearch, field } = show();
  fireEvent.compositionStart(field);
  type(field, 'zhang ruo');
  pass(1000);
  expect(onSearch).not.toHaveBeenCalled();
  expect(field).toHaveValue('zhang ruo');
  type(field, '张若');
  fireEvent.compositionEnd(field);
  pass(120);
  expect(onSearch).toHaveBeenCalledExactlyOnceWith('张若');
});

test('clearing tells at once, and a value from outside is shown', () => {
  const { onSearch, field, setValue } = show('张');
  expect(field).toHaveValue('张');
  fireEvent.click(screen.getByRole('button', { name: '清除' }));
  expect(onSearch).toHaveBeenCalledExactlyOnceWith('');
  expect(field).toHaveValue('');
  setValue('');
  setValue('李');
  expect(field).toHaveValue('李');
});

test('an echo that comes late does not take back what was typed since', () => {
  const { field, setValue } = show();
  type(field, 'a');
  pass(120);
  type(field, 'ab');
  pass(120);
  type(field, 'abc');
  setValue('a');
  expect(field).toHaveValue('abc');
  setValue('ab');
  expect(field).toHaveValue('abc');
  pass(120);
  setValue('abc');
  expect(field).toHaveValue('abc');
  setValue('');
  expect(field).toHaveValue('');
});
