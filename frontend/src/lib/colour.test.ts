import { expect, test } from 'vitest';
import { colourOf } from './colour';

test('a text has always the same colour, and all eight are used', () => {
  expect(colourOf('星海科技')).toBe(colourOf('星海科技'));
  const seen = new Set(Array.from({ length: 200 }, (_, index) => colourOf(`group ${String(index)}`)));
  expect([...seen].sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});
