import { render } from '@testing-library/react';
import { expect, test } from 'vitest';
import { Avatar, groupInitials, personInitials } from './avatar';

test.each([
  ['张若曦', 40, '若曦'],
  ['张若曦', 24, '曦'],
  ['李四', 40, '李四'],
  ['欧阳娜娜', 36, '娜娜'],
  ['Emma Clarke', 36, 'EC'],
  ['Emma Clarke', 20, 'E'],
  ['emma', 36, 'EM'],
  ['', 36, ''],
])('%s at %i px is %s', (name, size, initials) => {
  expect(personInitials(name, size)).toBe(initials);
});

test.each([
  ['星海 3.0 版本发布群', '星海'],
  ['Design review', 'DR'],
  ['3.0 发布', '发布'],
])('the group %s is %s', (name, initials) => {
  expect(groupInitials(name)).toBe(initials);
});

test('initials are drawn and can not be copied; presence shows only when it is known', () => {
  const { container, rerender } = render(<Avatar name="张若曦" colour={2} />);
  expect(container).toHaveTextContent('');
  expect(container.querySelector('i')).toBeNull();
  rerender(<Avatar name="张若曦" colour={2} online={false} />);
  expect(container.querySelector('i')).not.toBeNull();
});
