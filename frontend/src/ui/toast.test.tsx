import { act, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { UiProvider } from './provider';
import { useToast } from './toast';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function Shower({ undo }: { undo: () => void }) {
  const toast = useToast();
  return (
    <button type="button" onClick={() => toast({ text: '已删除', action: { label: '撤销', run: undo } })}>
      删除
    </button>
  );
}

function pass(ms: number) {
  act(() => {
    vi.advanceTimersByTime(ms);
  });
}

function show() {
  const undo = vi.fn();
  render(
    <UiProvider theme="light">
      <Shower undo={undo} />
    </UiProvider>,
  );
  fireEvent.click(screen.getByText('删除'));
  return undo;
}

test('goes after four seconds', () => {
  show();
  expect(screen.getByRole('status')).toHaveTextContent('已删除');
  pass(3999);
  expect(screen.getByRole('status')).toHaveTextContent('已删除');
  pass(1);
  expect(screen.getByRole('status')).toBeEmptyDOMElement();
});

test('stays while the pointer is on it, and its action ends it', () => {
  const undo = show();
  fireEvent.pointerEnter(screen.getByText('已删除').parentElement as Element);
  pass(60_000);
  fireEvent.click(screen.getByText('撤销'));
  expect(undo).toHaveBeenCalledTimes(1);
  expect(screen.getByRole('status')).toBeEmptyDOMElement();
});
