import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { timeText } from '../../../lib/time-text';
import { useFaultText } from '../../../platform/fault-text';
import { colourOf } from '../../../platform/people';
import type { People } from '../../../platform/people';
import { Avatar } from '../../../ui/avatar';
import { ErrorState } from '../../../ui/error-state';
import { IconChecks } from '../../../ui/icons';
import { Loading, SkeletonRows } from '../../../ui/skeleton';
import { useNow } from '../../../ui/use-now';
import { deliveryQuery } from '../queries';
import classes from './panels.module.css';

interface DeliveryPanelProps {
  messageId: string;
  people: People;
}

/** Who has a message on a device of theirs, who has read it, and who waits for it. */
export function DeliveryPanel({ messageId, people }: DeliveryPanelProps) {
  const { t, i18n } = useTranslation('chat');
  const now = useNow();
  const reasonOf = useFaultText();
  const { data, error, refetch } = useQuery(deliveryQuery(messageId));
  if (error) return <ErrorState text={t('delivery.failed')} reason={reasonOf(error)} onRetry={() => void refetch()} />;
  if (!data) {
    return (
      <Loading>
        <SkeletonRows rows={4} />
      </Loading>
    );
  }
  return (
    <>
      <p className={classes.note}>{t('delivery.savedAt', { time: timeText(i18n.language).full(data.savedAt, now) })}</p>
      {data.onRelay && <p className={classes.note}>{t('delivery.onRelay')}</p>}
      <Group title={t('delivery.received')} count={data.received.length} total={data.total} list={data.received} people={people} none={t('delivery.noneReceived')} />
      {data.waiting.length > 0 && (
        <Group title={t('delivery.waiting')} count={data.waiting.length} total={data.total} list={data.waiting} people={people} none="" help={t(data.onRelay ? 'delivery.waitingRelay' : 'delivery.waitingHelp')} />
      )}
    </>
  );
}

interface GroupProps {
  title: string;
  count: number;
  total: number;
  list: readonly { userId: string; name: string; read?: boolean }[];
  people: People;
  none: string;
  help?: string;
}

function Group({ title, count, total, list, people, none, help }: GroupProps) {
  const { t } = useTranslation('chat');
  return (
    <section aria-label={title}>
      <div className={classes.section}>
        <h3>{title}</h3>
        <span>
          {count}/{total}
        </span>
      </div>
      {help && <p className={classes.note}>{help}</p>}
      {list.length === 0 && <p className={classes.note}>{none}</p>}
      <ul className={classes.people}>
        {list.map(({ userId, name, read }) => (
          <li key={userId} className={classes.person}>
            <Avatar name={name} userId={userId} colour={colourOf(people, userId)} size={32} />
            <span className={classes.who}>
              <span className={classes.name}>{name}</span>
            </span>
            {read && (
              <span className={classes.read}>
                <IconChecks size={14} stroke={1.8} aria-hidden />
                {t('delivery.readMark')}
              </span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
