import { expect, test } from 'vitest';
import { canRetry, checkProfile, EMPTY_PROFILE, minutesText, remedyFor, stageStates, trimProfile } from './model';

test('a name is required; an email only has to look like one (R3)', () => {
  expect(checkProfile({ ...EMPTY_PROFILE, name: '  ' })).toEqual({ name: 'required' });
  expect(checkProfile({ ...EMPTY_PROFILE, name: '张若曦' })).toEqual({});
  expect(checkProfile({ ...EMPTY_PROFILE, name: '张若曦', email: 'zhang@' })).toEqual({ email: 'format' });
  expect(checkProfile({ ...EMPTY_PROFILE, name: '张若曦', email: ' zhang@example.com ' })).toEqual({});
});

test('spaces around what was typed are not kept', () => {
  expect(trimProfile({ ...EMPTY_PROFILE, name: ' 张若曦 ', departmentName: '前端组 ' })).toMatchObject({ name: '张若曦', departmentName: '前端组' });
});

test('each stage stands where the step is', () => {
  expect(stageStates('searching', 'search', false)).toEqual({ search: 'active', connect: 'waiting', prove: 'waiting', history: 'waiting' });
  expect(stageStates('proving', 'prove', false)).toEqual({ search: 'done', connect: 'done', prove: 'active', history: 'waiting' });
  expect(stageStates('connecting', 'connect', true)).toMatchObject({ search: 'done', connect: 'stalled' });
  expect(stageStates('admitted', 'history', false)).toMatchObject({ prove: 'done', history: 'active' });
  expect(stageStates('done', 'history', false)).toEqual({ search: 'done', connect: 'done', prove: 'done', history: 'done' });
});

test('a failure is shown where it happened', () => {
  expect(stageStates('failed', 'prove', false)).toEqual({ search: 'done', connect: 'done', prove: 'failed', history: 'waiting' });
});

test('a used or expired invitation is not worth another try, a busy device is', () => {
  expect(canRetry('join.used')).toBe(false);
  expect(canRetry('join.expired')).toBe(false);
  expect(canRetry('join.busy')).toBe(true);
});

test('every code has a remedy', () => {
  expect(remedyFor('join.used')).toBe('used');
  expect(remedyFor('store.full')).toBe('other');
});

test.each([
  [0, '0:00'],
  [65_400, '1:05'],
  [-5, '0:00'],
])('%d ms are %s', (ms, text) => {
  expect(minutesText(ms)).toBe(text);
});
