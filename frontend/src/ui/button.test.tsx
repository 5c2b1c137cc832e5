import { fireEvent, render, screen } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { Button } from './button';
import { UiProvider } from './provider';

test('a disabled button can be reached, says why, and does nothing', () => {
  const onClick = vi.fn();
  const onSubmit = vi.fn();
  render(
    <UiProvider theme="light">
      <form onSubmit={onSubmit}>
        <Button type="submit" disabledReason="先写点什么" onClick={onClick}>
          发送
        </Button>
      </form>
    </UiProvider>,
  );
  const button = screen.getByRole('button', { name: '发送' });
  expect(button).toHaveAttribute('aria-disabled', 'true');
  button.focus();
  expect(button).toHaveFocus();
  fireEvent.click(button);
  expect(onClick).not.toHaveBeenCalled();
  expect(onSubmit).not.toHaveBeenCalled();
});
