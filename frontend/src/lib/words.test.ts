import { expect, test } from 'vitest';
import { somePositions, wordsIn } from './words';

test('takes words out of whatever was pasted', () => {
  expect(wordsIn('1. Abandon, 2. ability\n3) able')).toEqual(['abandon', 'ability', 'able']);
  expect(wordsIn('  ')).toEqual([]);
});

test('asks for different positions, in order', () => {
  expect(somePositions(3, () => 0)).toEqual([0, 1, 2]);
  expect(somePositions(3, () => 0.999)).toEqual([21, 22, 23]);
  const found = somePositions(24, Math.random);
  expect(new Set(found).size).toBe(24);
});
