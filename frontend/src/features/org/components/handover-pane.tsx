import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { timeText } from '../../../lib/time-text';
import { useFaultText } from '../../../platform/fault-text';
import { EmptyState } from '../../../ui/empty-state';
import { ErrorState } from '../../../ui/error-state';
import { IconChevronDown, IconChevronRight, IconUserMinus } from '../../../ui/icons';
import { Loading, SkeletonRows } from '../../../ui/skeleton';
import { Tag } from '../../../ui/tag';
import { useNow } from '../../../ui/use-now';
import type { Offboarding } from '../cases';
import { offboardingsQuery } from '../queries';
import own from './handover-pane.module.css';
import { LeavingSteps } from './leaving-steps';
import classes from './pane.module.css';

/** Who has left, and what of it is still open (R20, 人离权消). */
export function HandoverPane() {
  const { t } = useTranslation('org');
  const reasonOf = useFaultText();
  const { data, error, refetch } = useQuery(offboardingsQuery);
  return (
    <section className={classes.pane} aria-label={t('views.handover')}>
      <header className={classes.header}>
        <h2 className={classes.title}>{t('views.handover')}</h2>
      </header>
      <p className={classes.help}>{t('handover.help')}</p>
      {!data && !error && (
        <Loading>
          <SkeletonRows rows={3} />
        </Loading>
      )}
      {!data && error && <ErrorState text={t('handover.failed')} reason={reasonOf(error)} onRetry={() => void refetch()} />}
      {data?.length === 0 && <EmptyState icon={<IconUserMinus size={36} stroke={1.3} />} text={t('handover.none')} />}
      {data && data.length > 0 && (
        <ul className={`scroll ${classes.rows ?? ''}`} aria-label={t('views.handover')}>
          {data.map((one) => (
            <Row key={one.id} leaving={one} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Row({ leaving }: { leaving: Offboarding }) {
  const { t, i18n } = useTranslation('org');
  const now = useNow();
  const [expanded, setExpanded] = useState(leaving.open > 0);
  const Chevron = expanded ? IconChevronDown : IconChevronRight;
  const { name, byName, at, open, steps } = leaving;
  return (
    <li>
      <button type="button" className={classes.row} aria-expanded={expanded} onClick={() => setExpanded(!expanded)}>
        <Chevron size={16} stroke={1.7} aria-hidden />
        <span className={classes.words}>
          <span className={classes.name}>{name}</span>
          <span className={classes.text}>{t('handover.by', { name: byName, time: timeText(i18n.language).full(Date.parse(at), now) })}</span>
        </span>
        {open > 0 ? <Tag tone="warning">{t('handover.open', { count: open })}</Tag> : <Tag tone="success">{t('handover.done')}</Tag>}
      </button>
      {expanded && (
        <div className={own.steps}>
          <LeavingSteps steps={steps} />
        </div>
      )}
    </li>
  );
}
