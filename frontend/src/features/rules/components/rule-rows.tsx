import { clsx } from 'clsx';
import { useTranslation } from 'react-i18next';
import { IconChevronRight } from '../../../ui/icons';
import { Tag } from '../../../ui/tag';
import type { Rule } from '../model';
import { useRuleText } from '../use-rule-text';
import classes from './rule-rows.module.css';

interface RuleRowsProps {
  rules: readonly Rule[];
  open: string;
  onOpen: (key: string) => void;
}

/** Rules with their values; one opens at the right. */
export function RuleRows({ rules, open, onOpen }: RuleRowsProps) {
  const { t } = useTranslation('rules');
  const text = useRuleText();
  return (
    <ul className={`scroll ${classes.rows ?? ''}`} aria-label={t('list')}>
      {rules.map((rule) => (
        <li key={rule.key}>
          <button
            type="button"
            className={clsx(classes.row, rule.key === open && classes.open)}
            aria-current={rule.key === open ? 'true' : undefined}
            onClick={() => onOpen(rule.key)}
          >
            <span className={classes.words}>
              <span className={classes.name}>{text.name(rule.key)}</span>
              <span className={classes.meta}>
                {t(`level.${rule.level}`)}
                {!rule.acts && ` · ${t('waiting')}`}
              </span>
            </span>
            {rule.changed && <Tag tone="brand">{t('changed')}</Tag>}
            <span className={clsx(classes.value, rule.value === false && classes.off)}>{text.value(rule, rule.value)}</span>
            <IconChevronRight size={16} stroke={1.7} className={classes.arrow} aria-hidden />
          </button>
        </li>
      ))}
    </ul>
  );
}
