import { expect, test } from 'vitest';
import { inGroups } from './groups';

test('codes and digests are read in groups', () => {
  expect(inGroups('482913', 3)).toBe('482 913');
  expect(inGroups('0123456789abcdef0', 8)).toBe('01234567 89abcdef 0');
  expect(inGroups('', 3)).toBe('');
});
