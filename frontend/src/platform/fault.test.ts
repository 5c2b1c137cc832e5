import { expect, test } from 'vitest';
import { Fault, INTERNAL, toFault } from './fault';

test('a call rejects with the JSON that the backend gives', () => {
  const fault = toFault('{"code":"chat.too_long","params":{"max":"4000"}}');
  expect(fault.code).toBe('chat.too_long');
  expect(fault.params).toEqual({ max: '4000' });
});

test('the bridge rejects with an Error around the same JSON', () => {
  expect(toFault(new Error('{"code":"denied","params":{}}')).code).toBe('denied');
});

test('a fault stays what it is', () => {
  const fault = new Fault('join.used');
  expect(toFault(fault)).toBe(fault);
});

test.each([['not json'], ['[1]'], ['null'], ['{"code":3}'], [new TypeError('x is undefined')], [undefined], [{ code: 'denied' }]])(
  'anything else is internal: %j',
  (error) => {
    expect(toFault(error).code).toBe(INTERNAL);
  },
);
