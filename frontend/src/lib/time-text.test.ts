import { describe, expect, test } from 'vitest';
import { timeText } from './time-text';

const at = (y: number, m: number, d: number, h = 10, min = 42) => new Date(y, m - 1, d, h, min).getTime();
const now = at(2026, 11, 21, 23, 50);

describe('times in Chinese', () => {
  const text = timeText('zh-CN');
  test('list rows', () => {
    expect(text.brief(at(2026, 11, 21, 9, 5), now)).toBe('09:05');
    expect(text.brief(at(2026, 11, 20, 23, 59), now)).toBe('昨天');
    expect(text.brief(at(2026, 11, 3), now)).toBe('11月3日');
    expect(text.brief(at(2025, 11, 3), now)).toBe('2025/11/03');
  });
  test('day separators', () => {
    expect(text.day(at(2026, 11, 21, 0, 0), now)).toBe('今天');
    expect(text.day(at(2026, 11, 20), now)).toBe('昨天');
    expect(text.day(at(2026, 11, 19), now)).toBe('11月19日星期四');
    expect(text.day(at(2025, 11, 21), now)).toBe('2025年11月21日星期五');
  });
  test('full', () => {
    expect(text.full(at(2026, 11, 21), now)).toBe('今天 10:42');
    expect(text.full(at(2026, 1, 2), now)).toBe('1月2日 10:42');
  });
});

test('times in English', () => {
  const text = timeText('en');
  expect(text.brief(at(2026, 11, 20), now)).toBe('Yesterday');
  expect(text.brief(at(2026, 11, 3), now)).toBe('Nov 3');
  expect(text.clock(at(2026, 11, 21, 0, 7))).toBe('00:07');
});

test('a clock that is ahead does not turn today into tomorrow', () => {
  expect(timeText('zh-CN').brief(at(2026, 11, 21, 23, 59), now)).toBe('23:59');
});
