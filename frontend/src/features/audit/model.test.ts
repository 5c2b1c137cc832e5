import { expect, test } from 'vitest';
import { spanOf } from './model';

const now = new Date(2026, 10, 21, 10, 42).getTime();
const none = { from: '', to: '' };
const day = (date: number) => new Date(2026, 10, date).toISOString();

test('a span begins with a day, not with an hour', () => {
  expect(spanOf({ ...none, days: '1' }, now)).toEqual({ from: day(21), to: '' });
  expect(spanOf({ ...none, days: '7' }, now)).toEqual({ from: day(15), to: '' });
  expect(spanOf({ ...none, days: '' }, now)).toEqual(none);
  expect(spanOf({ ...none, days: 'x' }, now)).toEqual(none);
});

test('days that are chosen are both included, whichever comes first', () => {
  expect(spanOf({ days: 'custom', from: '2026-11-18', to: '2026-11-20' }, now)).toEqual({ from: day(18), to: day(21) });
  expect(spanOf({ days: 'custom', from: '2026-11-20', to: '2026-11-18' }, now)).toEqual({ from: day(18), to: day(21) });
  expect(spanOf({ days: 'custom', from: '2026-11-18', to: '2026-11-18' }, now)).toEqual({ from: day(18), to: day(19) });
});

test('what is no day, or only half typed, is no bound', () => {
  expect(spanOf({ days: 'custom', from: '2026-11-18', to: '' }, now)).toEqual({ from: day(18), to: '' });
  expect(spanOf({ days: 'custom', from: '2026-1', to: '2026-11-20' }, now)).toEqual({ from: '', to: day(21) });
  expect(spanOf({ days: 'custom', from: '2026-13-40', to: '' }, now)).toEqual(none);
  // Days that were chosen before stay in the address, and count for nothing.
  expect(spanOf({ days: '', from: '2026-11-18', to: '' }, now)).toEqual(none);
});
