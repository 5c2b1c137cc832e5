import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import { Button } from '../../../ui/button';
import { Dialog } from '../../../ui/dialog';
import { ErrorState } from '../../../ui/error-state';
import { Loading, SkeletonRows } from '../../../ui/skeleton';
import type { LeaveMode, OffboardPlan } from '../cases';
import { offboardPlanQuery, useOffboard } from '../queries';
import { OffboardConfirm } from './offboard-confirm';
import { OffboardHeirs } from './offboard-heirs';
import { OffboardMode } from './offboard-mode';
import { OffboardResult } from './offboard-result';
import classes from './offboard.module.css';

/** Arranges that someone leaves: why, who takes over what, and then everything in one go (R20). */
export function OffboardDialog({ userId, onClose }: { userId: string; onClose: () => void }) {
  const { t } = useTranslation('org');
  const reasonOf = useFaultText();
  const { data, error, refetch } = useQuery(offboardPlanQuery(userId));
  // What was planned stays: the plan that is read again afterwards has nothing left in it.
  const [plan, setPlan] = useState<OffboardPlan | null>(null);
  if (data && !plan) setPlan(data);
  if (plan) return <Wizard plan={plan} onClose={onClose} />;
  return (
    <Dialog opened title={t('offboard.titlePlain')} size="md" onClose={onClose}>
      {error ? (
        <ErrorState text={t('offboard.planFailed')} reason={reasonOf(error)} onRetry={() => void refetch()} />
      ) : (
        <Loading>
          <SkeletonRows rows={3} />
        </Loading>
      )}
    </Dialog>
  );
}

const STEPS = ['mode', 'heirs', 'confirm'] as const;

function Wizard({ plan, onClose }: { plan: OffboardPlan; onClose: () => void }) {
  const { t } = useTranslation(['org', 'ui']);
  const [step, setStep] = useState<(typeof STEPS)[number]>('mode');
  const [mode, setMode] = useState<LeaveMode>('left');
  const [note, setNote] = useState('');
  const [heirs, setHeirs] = useState<Record<string, string>>(() => Object.fromEntries(plan.items.map(({ id, heirId }) => [id, heirId])));
  const [typed, setTyped] = useState('');
  const [checked, setChecked] = useState(false);
  const offboard = useOffboard();
  const { member, items } = plan;
  const index = STEPS.indexOf(step);
  const next = STEPS[index + 1];

  if (offboard.data) {
    return (
      <Dialog
        opened
        title={t('offboard.doneTitle', { name: member.name })}
        size="md"
        onClose={onClose}
        footer={
          <Button kind="primary" autoFocus onClick={onClose}>
            {t('ui:close')}
          </Button>
        }
      >
        <OffboardResult result={offboard.data} />
      </Dialog>
    );
  }
  const submit = () => {
    setChecked(true);
    if (typed.trim() !== member.name || offboard.isPending) return;
    const chosen = items.flatMap(({ id }) => (heirs[id] ? [{ itemId: id, userId: heirs[id] }] : []));
    offboard.mutate({ userId: member.userId, mode, heirs: chosen, note: note.trim() });
  };
  return (
    <Dialog
      opened
      title={t('offboard.title', { name: member.name })}
      size="md"
      onClose={onClose}
      footer={
        <>
          <span className={classes.progress}>{t('offboard.step', { n: index + 1, total: STEPS.length })}</span>
          {index > 0 && <Button onClick={() => setStep(STEPS[index - 1] ?? 'mode')}>{t('offboard.back')}</Button>}
          {next ? (
            <Button kind="primary" onClick={() => setStep(next)}>
              {t('offboard.next')}
            </Button>
          ) : (
            <Button kind="danger" loading={offboard.isPending} onClick={submit}>
              {t('offboard.submit')}
            </Button>
          )}
        </>
      }
    >
      {step === 'mode' && <OffboardMode mode={mode} note={note} onMode={setMode} onNote={setNote} />}
      {step === 'heirs' && <OffboardHeirs plan={plan} heirs={heirs} onHeirs={setHeirs} />}
      {step === 'confirm' && (
        <OffboardConfirm plan={plan} mode={mode} heirs={heirs} typed={typed} onTyped={setTyped} onEnter={submit} wrong={checked && typed.trim() !== member.name} error={offboard.error} />
      )}
    </Dialog>
  );
}
