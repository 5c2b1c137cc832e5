import { clsx } from 'clsx';
import { useTranslation } from 'react-i18next';
import { IconAlertTriangle, IconCheck, IconX } from '../../../ui/icons';
import { ProgressBar } from '../../../ui/progress-bar';
import { minutesText, STAGES } from '../model';
import type { JoinProgress, Stage, StageState } from '../model';
import classes from './stage-list.module.css';

interface StageListProps {
  progress: JoinProgress;
  states: Record<Stage, StageState>;
  waitedMs: number;
  /** It is about an own device, not about an invitation. */
  own: boolean;
}

/** From so many ms on, the time that a step takes is told. */
const TELL_AFTER_MS = 3000;

export function StageList({ progress, states, waitedMs, own }: StageListProps) {
  const { t } = useTranslation('team');
  return (
    <ol className={classes.list} aria-label={t('progress.steps')}>
      {STAGES.map((stage) => {
        const state = states[stage];
        const current = state === 'active' || state === 'stalled';
        return (
          <li key={stage} className={clsx(classes.stage, classes[state])} aria-current={current ? 'step' : undefined}>
            <span className={classes.mark} aria-hidden>
              <Mark state={state} />
            </span>
            <div className={classes.body}>
              <div className={classes.line}>
                <b className={classes.name}>{own && stage === 'prove' ? t('progress.proveOwn') : t(`progress.${stage}`)}</b>
                <span className="sr-only">{t(`progress.state.${state}`)}</span>
                {current && waitedMs >= TELL_AFTER_MS && <span className={classes.waited}>{t('progress.waited', { time: minutesText(waitedMs) })}</span>}
              </div>
              {current && <Detail stage={stage} progress={progress} own={own} />}
            </div>
          </li>
        );
      })}
    </ol>
  );
}

function Mark({ state }: { state: StageState }) {
  if (state === 'done') return <IconCheck size={14} stroke={2.4} />;
  if (state === 'failed') return <IconX size={14} stroke={2.4} />;
  if (state === 'stalled') return <IconAlertTriangle size={13} stroke={2} />;
  return null;
}

function Detail({ stage, progress, own }: { stage: Stage; progress: JoinProgress; own: boolean }) {
  const { t } = useTranslation('team');
  const { done, total } = progress;
  if (stage === 'history') {
    return (
      <>
        <span className={classes.detail}>{total > 0 ? t('progress.historyCount', { done: Math.min(done, total), total }) : t('progress.historyUnknown')}</span>
        <ProgressBar label={t('progress.history')} value={total > 0 ? { done, total } : null} />
      </>
    );
  }
  const text = { search: 'searching', connect: 'connecting', prove: own ? 'provingOwn' : 'proving' } as const;
  return <span className={classes.detail}>{t(`progress.${text[stage]}`)}</span>;
}
