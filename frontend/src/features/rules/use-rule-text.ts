import { useTranslation } from 'react-i18next';
import type { Rule, RuleValue } from './model';

type Lookup = (key: string | string[], params?: Record<string, string | number>) => string;

export interface RuleText {
  name: (key: string) => string;
  option: (option: string) => string;
  /** What there is to know before changing it, "" for most. */
  explain: (key: string) => string;
  /** What to confirm before a value that takes away for good. */
  confirm: (rule: Rule, value: RuleValue) => string;
  value: (rule: Rule, value: RuleValue) => string;
}

/** Rules in words. Keys and options come from the backend, so they cannot be typed; one without words shows itself. */
export function useRuleText(): RuleText {
  const { t } = useTranslation('rules');
  const lookup = t as unknown as Lookup;
  const option = (one: string) => lookup([`options.${one}`, 'plain'], { text: one });
  const value = (rule: Rule, value: RuleValue): string => {
    if (typeof value === 'boolean') return t(value ? 'value.on' : 'value.off');
    if (typeof value === 'number') {
      if (rule.options.includes(String(value))) return lookup([`named.${rule.key}.${String(value)}`, 'plain'], { text: value });
      if (value === 0 && rule.min === 0 && rule.level === 'D') return t('value.off');
      return rule.unit === '' ? String(value) : lookup(`units.${rule.unit}`, { count: value });
    }
    if (Array.isArray(value)) return value.length === 0 ? t('value.none') : value.map((one) => (rule.options.length > 0 ? option(one) : one)).join(t('value.comma'));
    if (rule.kind === 'enum') return option(value);
    return value || t('value.none');
  };
  return {
    name: (key) => lookup([`names.${key}`, 'plain'], { text: key }),
    option,
    explain: (key) => lookup([`explain.${key}`, 'plain'], { text: '' }),
    confirm: (rule, next) => lookup([`confirm.${rule.key}`, 'plain'], { text: '', value: value(rule, next) }),
    value,
  };
}
