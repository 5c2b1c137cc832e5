import { describe, expect, test } from 'vitest';
import { canManage, departmentOptions, fieldOfFault, givenRoles, initiallyOpen, isDepartmentRole, pathOf, subtree, treeMove, treeRows } from './model';
import type { Department } from './model';

const department = (id: string, parentId: string): Department => ({ id, parentId, name: id.toUpperCase(), members: 1, total: 2, heads: [], admins: [], duty: '', canState: false });

const company: Department[] = [
  department('rd', ''),
  department('web', 'rd'),
  department('ui', 'web'),
  department('ops', 'rd'),
  department('sales', ''),
];

describe('department tree', () => {
  test('opens the upper levels and hides what is closed', () => {
    const open = initiallyOpen(company);
    expect([...open]).toEqual(['rd', 'sales']);
    expect(treeRows(company, open).map((r) => `${r.department.id}:${r.depth}`)).toEqual(['rd:1', 'web:2', 'ops:2', 'sales:1']);
  });

  test('announces position and number of siblings', () => {
    const ops = treeRows(company, new Set(['rd'])).find((r) => r.department.id === 'ops');
    expect(ops).toMatchObject({ position: 2, siblings: 2, expandable: false });
  });

  test('a department whose parent has not arrived stands at the top', () => {
    expect(treeRows([department('lost', 'unknown')], new Set()).map((r) => r.department.id)).toEqual(['lost']);
  });

  test('can not be moved below itself', () => {
    expect([...subtree(company, 'rd')].sort()).toEqual(['ops', 'rd', 'ui', 'web']);
  });

  test('names the way from the top, also when the data has a circle', () => {
    expect(pathOf(company, 'ui')).toEqual(['RD', 'WEB', 'UI']);
    expect(pathOf([department('a', 'b'), department('b', 'a')], 'a')).toEqual(['B', 'A']);
  });
});

describe('tree keys', () => {
  const rows = treeRows(company, new Set(['rd', 'web']));
  test.each([
    ['rd', 'ArrowDown', { focus: 'web' }],
    ['rd', 'ArrowUp', null],
    ['web', 'ArrowRight', { focus: 'ui' }],
    ['ui', 'ArrowRight', null],
    ['ui', 'ArrowLeft', { focus: 'web' }],
    ['web', 'ArrowLeft', { close: 'web' }],
    ['ops', 'Home', { focus: 'rd' }],
    ['rd', 'End', { focus: 'sales' }],
  ])('%s %s', (at, key, move) => {
    expect(treeMove(rows, at, key)).toEqual(move);
  });

  test('a closed department opens first', () => {
    expect(treeMove(treeRows(company, new Set()), 'rd', 'ArrowRight')).toEqual({ open: 'rd' });
  });
});

describe('rights (R25)', () => {
  test('owner and admin manage departments; admins give roles below their own', () => {
    expect([canManage('owner'), canManage('admin'), canManage('head'), canManage('member')]).toEqual([true, true, false, false]);
    expect(givenRoles('owner')).toEqual(['owner', 'admin', 'head', 'dept_admin', 'member', 'guest']);
    expect(givenRoles('admin')).toEqual(['head', 'dept_admin', 'member', 'guest']);
    expect(givenRoles('head')).toEqual([]);
    expect(isDepartmentRole('head')).toBe(true);
    expect(isDepartmentRole('admin')).toBe(false);
  });
});

describe('profile (R3, R5, R6)', () => {
  test('what the backend refuses stands at its field', () => {
    expect(fieldOfFault({ code: 'org.name_length', params: {} })).toBe('name');
    expect(fieldOfFault({ code: 'org.field_too_long', params: { field: 'phone' } })).toBe('phone');
    expect(fieldOfFault({ code: 'org.field_too_long', params: { field: 'shoe size' } })).toBeNull();
    expect(fieldOfFault({ code: 'store.full', params: {} })).toBeNull();
  });
});

test('a select shows the tree, without what a department can not be moved to', () => {
  expect(departmentOptions(company).map((o) => o.label)).toEqual(['RD', '\u3000WEB', '\u3000\u3000UI', '\u3000OPS', 'SALES']);
  expect(departmentOptions(company, subtree(company, 'web')).map((o) => o.value)).toEqual(['rd', 'ops', 'sales']);
});
