import type { UseQueryResult } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { timeText } from '../../../lib/time-text';
import { toFault } from '../../../platform/fault';
import { useFaultText } from '../../../platform/fault-text';
import { Button } from '../../../ui/button';
import { ErrorState } from '../../../ui/error-state';
import { Loading, Skeleton } from '../../../ui/skeleton';
import { Tag } from '../../../ui/tag';
import { useNow } from '../../../ui/use-now';
import type { Invitation } from '../model';
import classes from './invitation-dialog.module.css';

interface InvitationListProps {
  query: UseQueryResult<Invitation[]>;
  /** The one whose link is on the screen. */
  shownId: string;
  onShow: (id: string) => void;
}

export function InvitationList({ query, shownId, onShow }: InvitationListProps) {
  const { t } = useTranslation('team');
  const reasonOf = useFaultText();
  const { data, error, refetch } = query;
  return (
    <section aria-label={t('invite.list')}>
      <h3 className={classes.listHeading}>{t('invite.list')}</h3>
      {!data && error && <ErrorState text={t('invite.listFailed')} reason={reasonOf(error)} code={toFault(error).code} onRetry={() => void refetch()} />}
      {!data && !error && (
        <Loading>
          <div className={classes.bones}>
            <Skeleton width="60%" />
            <Skeleton width="45%" />
          </div>
        </Loading>
      )}
      {data?.length === 0 && <p className={classes.empty}>{t('invite.none')}</p>}
      <ul>
        {data?.map((invitation) => (
          <Row key={invitation.id} invitation={invitation} shown={invitation.id === shownId} onShow={onShow} />
        ))}
      </ul>
    </section>
  );
}

const TONE = { open: 'brand', used: 'success', expired: 'neutral' } as const;

function Row({ invitation, shown, onShow }: { invitation: Invitation; shown: boolean; onShow: (id: string) => void }) {
  const { t, i18n } = useTranslation('team');
  const now = useNow();
  const { id, note, state, usedBy, createdAt } = invitation;
  const created = t('invite.created', { time: timeText(i18n.language).full(Date.parse(createdAt), now) });
  return (
    <li className={classes.row}>
      <span className={classes.rowText}>
        <b>{note || t('invite.noNote')}</b>
        <span className={classes.small}>{usedBy ? `${t('invite.usedBy', { name: usedBy })} · ${created}` : created}</span>
      </span>
      <Tag tone={TONE[state]}>{t(`invite.state.${state}`)}</Tag>
      {state === 'open' && !shown && (
        <Button size="sm" onClick={() => onShow(id)}>
          {t('invite.show')}
        </Button>
      )}
    </li>
  );
}
