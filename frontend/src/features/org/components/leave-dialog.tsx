import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { appStateQuery, useAppState } from '../../../platform/app-state';
import { useFaultText } from '../../../platform/fault-text';
import { useGo } from '../../../platform/navigation';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { Dialog } from '../../../ui/dialog';
import { ErrorState } from '../../../ui/error-state';
import { Loading, SkeletonRows } from '../../../ui/skeleton';
import { TextInput } from '../../../ui/text-input';
import type { OffboardPlan } from '../cases';
import { offboardPlanQuery, ownersQuery, useOffboard } from '../queries';
import { OffboardHeirs } from './offboard-heirs';
import classes from './offboard.module.css';

interface LeaveDialogProps {
  onClose: () => void;
}

/** I leave the team (R20). Its only owner may not. */
export function LeaveDialog({ onClose }: LeaveDialogProps) {
  const { t } = useTranslation('org');
  const reasonOf = useFaultText();
  const { me, role, teamName } = useAppState();
  const plan = useQuery(offboardPlanQuery(me.userId));
  const owners = useQuery({ ...ownersQuery, enabled: role === 'owner' });
  const error = plan.error ?? owners.error;

  if (role === 'owner' && owners.data?.every(({ self }) => self)) return <OnlyOwner onClose={onClose} />;
  if (plan.data && (role !== 'owner' || owners.data)) return <Leave plan={plan.data} onClose={onClose} />;
  return (
    <Dialog opened title={t('leave.title', { team: teamName })} size="md" onClose={onClose}>
      {error ? (
        <ErrorState text={t('leave.planFailed')} reason={reasonOf(error)} onRetry={() => void Promise.all([plan.refetch(), owners.refetch()])} />
      ) : (
        <Loading>
          <SkeletonRows rows={3} />
        </Loading>
      )}
    </Dialog>
  );
}

function OnlyOwner({ onClose }: LeaveDialogProps) {
  const { t } = useTranslation(['org', 'ui']);
  const { teamName } = useAppState();
  const go = useGo();
  return (
    <Dialog
      opened
      title={t('leave.title', { team: teamName })}
      size="md"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('ui:close')}</Button>
          <Button kind="primary" autoFocus onClick={() => go('/org')}>
            {t('leave.directory')}
          </Button>
        </>
      }
    >
      <div className={classes.body}>
        <Banner tone="warning">{t('leave.onlyOwner')}</Banner>
        <p>{t('leave.onlyOwnerNext')}</p>
      </div>
    </Dialog>
  );
}

function Leave({ plan, onClose }: LeaveDialogProps & { plan: OffboardPlan }) {
  const { t } = useTranslation(['org', 'ui']);
  const reasonOf = useFaultText();
  const client = useQueryClient();
  const { me, teamName } = useAppState();
  const leave = useOffboard();
  const [heirs, setHeirs] = useState<Record<string, string>>({});
  const [typed, setTyped] = useState('');
  const [checked, setChecked] = useState(false);
  const right = typed.trim() === teamName;
  const heirOf = (item: OffboardPlan['items'][number]) => heirs[item.id] ?? item.heirId;

  const submit = () => {
    setChecked(true);
    if (!right || leave.isPending) return;
    const chosen = plan.items.map((item) => ({ itemId: item.id, userId: heirOf(item) })).filter(({ userId }) => userId !== '');
    // The screen that says it is over comes with the state, also if the answer was lost on the way out.
    leave.mutate({ userId: me.userId, mode: 'left', heirs: chosen, note: '' }, { onSettled: () => void client.invalidateQueries(appStateQuery) });
  };
  return (
    <Dialog
      opened
      title={t('leave.title', { team: teamName })}
      size="md"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('ui:cancel')}</Button>
          <Button kind="danger" loading={leave.isPending} onClick={submit}>
            {t('leave.submit')}
          </Button>
        </>
      }
    >
      <div className={classes.body}>
        <ul className={classes.points}>
          <li>{t('leave.access', { count: plan.devices })}</li>
          <li>{t('leave.data')}</li>
          <li>{t('leave.final')}</li>
        </ul>
        {plan.items.length > 0 && (
          <OffboardHeirs plan={plan} heirs={Object.fromEntries(plan.items.map((item) => [item.id, heirOf(item)]))} onHeirs={setHeirs} help={t('leave.heirs')} />
        )}
        {leave.error !== null && (
          <Banner tone="danger" alert>
            {t('leave.failed', { reason: reasonOf(leave.error) })}
          </Banner>
        )}
        <TextInput
          label={t('leave.type', { team: teamName })}
          required
          autoFocus
          value={typed}
          onChange={setTyped}
          onEnter={submit}
          error={checked && !right ? t('leave.typeWrong', { team: teamName }) : undefined}
        />
      </div>
    </Dialog>
  );
}
