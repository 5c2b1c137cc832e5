import { expect, test } from 'vitest';
import { idleChoices, waitOf, wrongWords } from './model';

test('a wrong word is named by itself or by its number', () => {
  expect(wrongWords(['able', 'abel', 'able'], 'able')).toEqual([0, 2]);
  expect(wrongWords(['able', 'abel'], '2')).toEqual([1]);
  expect(wrongWords(['able', ''], '')).toEqual([]);
});

test('what a house rule set can be chosen, too; never comes last', () => {
  expect(idleChoices(20)).toEqual([5, 10, 15, 20, 30, 60, 0]);
  expect(idleChoices(10)).toEqual([5, 10, 15, 30, 60, 0]);
});

test('only refused passphrases make one wait (R15: slowed down, never locked out)', () => {
  expect(waitOf({ code: 'vault.wrong', params: { wait: '4' } })).toBe(4);
  expect(waitOf({ code: 'vault.wait', params: { wait: '59.2' } })).toBe(60);
  expect(waitOf({ code: 'vault.wrong', params: {} })).toBe(0);
  expect(waitOf({ code: 'store.full', params: { wait: '4' } })).toBe(0);
});
