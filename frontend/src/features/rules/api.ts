// The only caller of the bindings of the house rules.

import { call } from '../../platform/bindings';
import type { Rule, RuleChange, RuleValue } from './model';

export const rulesApi = {
  list: () => call<Rule[]>('rules', 'List'),
  set: (input: { key: string; value: RuleValue }) => call<Rule>('rules', 'Set', input),
  reset: (key: string) => call<Rule>('rules', 'Reset', key),
  history: (key: string) => call<RuleChange[]>('rules', 'History', key),
};
