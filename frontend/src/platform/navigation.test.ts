import { expect, test } from 'vitest';
import { parseParams, writeParams } from './navigation';

test('parameters are text and stay what they are', () => {
  const params = { chat: '123', q: '周 会&议', flag: 'true' };
  expect(parseParams(writeParams(params))).toEqual(params);
});

test('empty ones are left out', () => {
  expect(writeParams({ chat: '', q: '' })).toBe('');
  expect(writeParams({ chat: 'c1', q: '' })).toBe('?chat=c1');
});
