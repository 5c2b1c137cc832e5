import { expect, test } from 'vitest';
import { canRetry, checkProfile, EMPTY_PROFILE, linkIn, minutesText, remedyFor, stageStates, trimProfile } from './model';
import type { Profile } from './model';

const WHOLE: Profile = { ...EMPTY_PROFILE, name: '张若曦', staffNo: 'XH1007', departmentName: '前端组', position: '工程师' };

test('name, staff number, department and position are required; an email only has to look like one (R1, R3, R5)', () => {
  expect(checkProfile({ ...EMPTY_PROFILE, name: '  ' })).toEqual({ name: 'required', staffNo: 'required', departmentName: 'required', position: 'required' });
  expect(checkProfile(WHOLE)).toEqual({});
  expect(checkProfile({ ...WHOLE, email: 'zhang@' })).toEqual({ email: 'format' });
  expect(checkProfile({ ...WHOLE, email: ' zhang@example.com ' })).toEqual({});
});

test('links are found in what is pasted around them', () => {
  expect(linkIn('快来：tongzhou://join/abc\n')).toBe('tongzhou://join/abc');
  expect(linkIn('tongzhou://link/x y')).toBe('tongzhou://link/x');
  expect(linkIn(' https://example.com ')).toBe('https://example.com');
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
