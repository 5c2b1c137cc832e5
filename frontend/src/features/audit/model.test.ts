import { expect, test } from 'vitest';
import { digestText, rangeFrom } from './model';

test('a range begins with a day, not with an hour', () => {
  const now = new Date(2026, 10, 21, 10, 42).getTime();
  expect(rangeFrom('1', now)).toBe(new Date(2026, 10, 21).toISOString());
  expect(rangeFrom('7', now)).toBe(new Date(2026, 10, 15).toISOString());
  expect(rangeFrom('', now)).toBe('');
  expect(rangeFrom('x', now)).toBe('');
});

test('digests are read in groups', () => {
  expect(digestText('0123456789abcdef0')).toBe('01234567 89abcdef 0');
  expect(digestText('')).toBe('');
});
