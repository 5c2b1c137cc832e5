import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { timeText } from '../../../lib/time-text';
import { useFaultText } from '../../../platform/fault-text';
import { useNow } from '../../../ui/use-now';
import type { Rule } from '../model';
import { historyQuery } from '../queries';
import { useRuleText } from '../use-rule-text';
import classes from './rule-drawer.module.css';

/** Who decided what about a rule, newest first. */
export function RuleHistory({ rule }: { rule: Rule }) {
  const { t, i18n } = useTranslation('rules');
  const now = useNow();
  const text = useRuleText();
  const reasonOf = useFaultText();
  const { data, error } = useQuery(historyQuery(rule.key));
  return (
    <section className={classes.history} aria-label={t('history.title')}>
      <h4 className={classes.heading}>{t('history.title')}</h4>
      {error && !data && <p className={classes.help}>{t('history.failed', { reason: reasonOf(error) })}</p>}
      {data?.length === 0 && <p className={classes.help}>{t('history.none')}</p>}
      <ol>
        {data?.map((change, index) => (
          <li key={index} className={classes.change}>
            <span className={classes.fromTo}>
              <s>{text.value(rule, change.from)}</s> → {text.value(rule, change.to)}
            </span>
            <span className={classes.help}>
              {[change.byName, change.device, timeText(i18n.language).full(Date.parse(change.at), now)].filter((part) => part !== '').join(' · ')}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
