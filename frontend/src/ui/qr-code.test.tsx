import { render, screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { fitsQrCode, QrCode } from './qr-code';

test('has a quiet zone of four modules and the three finders', () => {
  render(<QrCode label="邀请" text="tongzhou://join/abc" />);
  const code = screen.getByRole('img', { name: '邀请' });
  const size = Number(code.getAttribute('viewBox')?.split(' ')[2]);
  const dark = new Set<string>();
  for (const [, x, y, width] of (code.lastElementChild?.getAttribute('d') ?? '').matchAll(/M(\d+) (\d+)h(\d+)/g)) {
    for (let i = 0; i < Number(width); i++) dark.add(`${String(Number(x) + i)},${y ?? ''}`);
  }
  const far = size - 4 - 7;
  for (const [x, y] of [[4, 4], [far, 4], [4, far]] as const) {
    expect(dark.has(`${x},${y}`), 'the corner of a finder').toBe(true);
    expect(dark.has(`${x + 1},${y + 1}`), 'its white ring').toBe(false);
    expect(dark.has(`${x + 3},${y + 3}`), 'its heart').toBe(true);
  }
  expect([...dark].filter((at) => at.split(',').some((n) => Number(n) < 4 || Number(n) >= size - 4))).toEqual([]);
});

test('a link that no camera could read gets none', () => {
  expect(fitsQrCode('x'.repeat(1200))).toBe(true);
  expect(fitsQrCode('字'.repeat(401))).toBe(false);
});
