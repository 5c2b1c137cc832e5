import { clsx } from 'clsx';
import { useTranslation } from 'react-i18next';
import { timeText } from '../../../lib/time-text';
import { IconCheck, IconClock, IconX } from '../../../ui/icons';
import { useNow } from '../../../ui/use-now';
import type { Request, RequestStep } from '../cases';
import classes from './request-drawer.module.css';

/** Who has to look at a request, who has, and what they said (R107). */
export function RequestSteps({ request }: { request: Request }) {
  const { t, i18n } = useTranslation('org');
  const now = useNow();
  const time = (at: string) => timeText(i18n.language).full(Date.parse(at), now);
  return (
    <ol>
      <li className={classes.step}>
        <span className={clsx(classes.mark, classes.approved)} aria-hidden>
          <IconCheck size={12} stroke={2.4} />
        </span>
        <span className={classes.words}>
          {t('requests.filed', { name: request.byName })}
          <span className={classes.detail}>{time(request.at)}</span>
        </span>
      </li>
      {request.steps.map((step, index) => (
        <Step key={index} step={step} time={step.at === '' ? '' : time(step.at)} />
      ))}
    </ol>
  );
}

function Step({ step, time }: { step: RequestStep; time: string }) {
  const { t } = useTranslation('org');
  const lookup = t as unknown as (keys: string[], params: object) => string;
  const { role, state, byName, comment } = step;
  const Icon = state === 'approved' ? IconCheck : state === 'refused' ? IconX : IconClock;
  return (
    <li className={classes.step}>
      <span className={clsx(classes.mark, classes[state])} aria-hidden>
        <Icon size={12} stroke={2.4} />
      </span>
      <span className={classes.words}>
        <span>
          {lookup([`requests.role.${role}`, 'plain'], { text: role })} · {lookup([`requests.stepState.${state}`, 'plain'], { text: state })}
        </span>
        {byName && <span className={classes.detail}>{[byName, time].filter(Boolean).join(' · ')}</span>}
        {comment && <span className={classes.comment}>{comment}</span>}
      </span>
    </li>
  );
}
