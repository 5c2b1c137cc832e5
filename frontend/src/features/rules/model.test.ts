import { expect, test } from 'vitest';
import { entriesOf, problemOf } from './model';
import type { Rule } from './model';

const rule = (change: Partial<Rule>) => ({ kind: 'int', min: 0, max: 10, unit: '', ...change }) as Rule;

test('typed lists have no blanks and nothing twice', () => {
  expect(entriesOf(' 报价、合同\n\n报价, 客户；')).toEqual(['报价', '合同', '客户']);
});

test('values are checked by kind', () => {
  expect(problemOf(rule({}), NaN)).toBe('number');
  expect(problemOf(rule({}), 11)).toBe('range');
  expect(problemOf(rule({}), 10)).toBeNull();
  expect(problemOf(rule({ kind: 'text', unit: 'clock' }), '9:00')).toBe('clock');
  expect(problemOf(rule({ kind: 'text', unit: 'clock' }), '23:59')).toBeNull();
  expect(problemOf(rule({ kind: 'text', max: 2 }), '三个字')).toBe('length');
  expect(problemOf(rule({ kind: 'list', min: 1 }), [])).toBe('entries');
  expect(problemOf(rule({ kind: 'bool' }), false)).toBeNull();
});
