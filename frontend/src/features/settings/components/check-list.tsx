import { clsx } from 'clsx';
import { useTranslation } from 'react-i18next';
import { IconAlertTriangle, IconCircleCheck, IconX } from '../../../ui/icons';
import type { Check } from '../api';
import { useCheckText } from '../use-check-text';
import classes from './check-list.module.css';

const ICON = { ok: IconCircleCheck, warn: IconAlertTriangle, fail: IconX };

/** What the doctor found: each with its state, and a remedy where one is needed. */
export function CheckList({ checks }: { checks: readonly Check[] }) {
  const { t } = useTranslation('settings');
  const textOf = useCheckText();
  return (
    <ul className={classes.list}>
      {checks.map((check) => {
        const { name, text, remedy } = textOf(check);
        const Icon = ICON[check.state];
        return (
          <li key={check.name} className={classes.check}>
            <Icon size={18} stroke={1.7} className={clsx(classes.icon, classes[check.state])} aria-hidden />
            <div className={classes.words}>
              <b className={classes.name}>{name}</b>
              <span className={classes.text}>
                <span className={classes[check.state]}>{t(`about.states.${check.state}`)}</span> · {text}
              </span>
              {remedy && <span className={classes.remedy}>{remedy}</span>}
            </div>
          </li>
        );
      })}
    </ul>
  );
}
