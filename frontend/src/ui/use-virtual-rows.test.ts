import { expect, test } from 'vitest';
import { target } from './use-virtual-rows';

test.each([
  ['ArrowDown', 0, 1],
  ['ArrowDown', 9, 9],
  ['ArrowDown', -1, 0],
  ['ArrowUp', 0, 0],
  ['PageDown', 2, 6],
  ['PageDown', 8, 9],
  ['PageUp', 2, 0],
  ['Home', 5, 0],
  ['End', 5, 9],
])('%s from row %i goes to row %i', (key, active, next) => {
  expect(target(key, active, 10, 4)).toBe(next);
});

test('other keys and empty lists are left alone', () => {
  expect(target('a', 0, 10, 4)).toBeNull();
  expect(target('ArrowDown', -1, 0, 4)).toBeNull();
});
