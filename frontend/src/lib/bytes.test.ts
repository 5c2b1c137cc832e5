import { expect, test } from 'vitest';
import { bytesText } from './bytes';

test.each([
  [0, '0 B'],
  [812, '812 B'],
  [1000, '1 KB'],
  [1024, '1 KB'],
  [1_258_291, '1.2 MB'],
  [999_900, '976 KB'],
  [1_048_000, '1 MB'],
  [340_000_000, '324 MB'],
  [3_000_000_000_000_000, '2728 TB'],
])('%d is %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});
