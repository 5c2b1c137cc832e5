import { useQuery } from '@tanstack/react-query';
import { clsx } from 'clsx';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { timeText } from '../../../lib/time-text';
import { useAppState } from '../../../platform/app-state';
import { useFaultText } from '../../../platform/fault-text';
import { useParam, useSetParams } from '../../../platform/navigation';
import { Button } from '../../../ui/button';
import { EmptyState } from '../../../ui/empty-state';
import { ErrorState } from '../../../ui/error-state';
import { IconClipboardList, IconUserPlus } from '../../../ui/icons';
import { Segmented } from '../../../ui/segmented';
import { Loading, SkeletonRows } from '../../../ui/skeleton';
import { Tag } from '../../../ui/tag';
import { useNow } from '../../../ui/use-now';
import type { Request, RequestBox, RequestState } from '../cases';
import { canManage } from '../model';
import { requestsQuery } from '../queries';
import { AccountRequestDialog } from './account-request-dialog';
import classes from './pane.module.css';

const TONE: Record<RequestState, 'warning' | 'success' | 'danger' | 'neutral'> = { open: 'warning', approved: 'success', refused: 'danger', withdrawn: 'neutral' };

/** Requests for accounts and for changes of profiles: mine, those that wait for me, and all (R8, R19). In the address: `box`. */
export function RequestsPane({ onOpen }: { onOpen: (id: string) => void }) {
  const { t } = useTranslation('org');
  const { role } = useAppState();
  const set = useSetParams();
  const reasonOf = useFaultText();
  const asked = useParam('box');
  const open = useParam('request');
  const [requesting, setRequesting] = useState(false);
  const boxes: RequestBox[] = canManage(role) ? ['to_review', 'mine', 'all'] : ['to_review', 'mine'];
  const box = boxes.find((one) => one === asked) ?? 'to_review';
  const requests = useQuery(requestsQuery(box, box === 'to_review' ? 'open' : ''));
  return (
    <section className={classes.pane} aria-label={t('views.requests')}>
      <header className={classes.header}>
        <h2 className={classes.title}>{t('views.requests')}</h2>
        <span className={classes.space} />
        <Segmented
          label={t('requests.box')}
          value={box}
          options={boxes.map((one) => ({ value: one, label: t(`requests.boxes.${one}`) }))}
          onChange={(next) => set({ box: next, request: '' }, { replace: true })}
        />
        <Button kind="primary" icon={<IconUserPlus size={16} stroke={1.8} />} aria-haspopup="dialog" onClick={() => setRequesting(true)}>
          {t('requests.account')}
        </Button>
      </header>
      {requests.isPending && (
        <Loading>
          <SkeletonRows rows={4} />
        </Loading>
      )}
      {requests.error && !requests.data && (
        <ErrorState text={t('requests.failed')} reason={reasonOf(requests.error)} onRetry={() => void requests.refetch()} />
      )}
      {requests.data?.length === 0 && <EmptyState icon={<IconClipboardList size={36} stroke={1.3} />} text={t(`requests.none.${box}`)} help={t('requests.noneHelp')} />}
      {requests.data && requests.data.length > 0 && (
        <ul className={`scroll ${classes.rows ?? ''}`} aria-label={t(`requests.boxes.${box}`)}>
          {requests.data.map((request) => (
            <li key={request.id}>
              <Row request={request} open={request.id === open} onOpen={onOpen} />
            </li>
          ))}
        </ul>
      )}
      {requesting && (
        <AccountRequestDialog
          onClose={() => setRequesting(false)}
          onDone={(id) => {
            setRequesting(false);
            set({ box: 'mine', request: id, person: '', about: '' });
          }}
        />
      )}
    </section>
  );
}

function Row({ request, open, onOpen }: { request: Request; open: boolean; onOpen: (id: string) => void }) {
  const { t, i18n } = useTranslation('org');
  const now = useNow();
  const { id, kind, subject, byName, at, state } = request;
  return (
    <button type="button" className={clsx(classes.row, open && classes.open)} aria-current={open ? 'true' : undefined} onClick={() => onOpen(id)}>
      <span className={classes.words}>
        <span className={classes.name}>{t(`requests.title.${kind}`, { name: subject })}</span>
        <span className={classes.text}>{t('requests.by', { name: byName, time: timeText(i18n.language).full(Date.parse(at), now) })}</span>
      </span>
      <Tag tone={TONE[state]}>{t(`requests.state.${state}`)}</Tag>
    </button>
  );
}
