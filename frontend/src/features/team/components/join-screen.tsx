import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAppState } from '../../../platform/app-state';
import { useFaultText } from '../../../platform/fault-text';
import { Fault } from '../../../platform/fault';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { IconAlertTriangle } from '../../../ui/icons';
import type { Draft } from '../draft';
import { canRetry, remedyFor, stageOf, stageStates, trimProfile } from '../model';
import type { JoinProgress, Stage } from '../model';
import { useCancelJoin, useJoin } from '../queries';
import { useStall } from '../use-stall';
import form from './form.module.css';
import classes from './join-screen.module.css';
import { StageList } from './stage-list';

interface JoinScreenProps {
  progress: JoinProgress;
  /** What was typed in the form; its link is "" after the page was reloaded. */
  draft: Draft;
  /** The team has let this device in; only history is missing. */
  member: boolean;
  onEnter: () => void;
  /** To the form, after a failure. */
  onBack: () => void;
}

/** Each step of joining as it happens; when it stalls, why and what to do. */
export function JoinScreen({ progress, draft, member, onEnter, onBack }: JoinScreenProps) {
  const { t } = useTranslation('team');
  const cancel = useCancelJoin();
  const join = useJoin();
  const { teamName } = useAppState();
  const waiting = useStall(progress);
  const reached = useReached(progress);
  const failed = progress.step === 'failed';
  const states = stageStates(progress.step, reached, waiting.stalled);
  const again = () => join.mutate({ link: draft.link, profile: trimProfile(draft.profile), deviceName: draft.deviceName.trim() });

  return (
    <div>
      <h1 className={form.title}>{title()}</h1>
      <StageList progress={progress} states={states} waitedMs={waiting.waitedMs} />
      {failed && <Failure code={progress.code} params={progress.params} />}
      {waiting.stalled && <Stall progress={progress} />}
      {member && <p className={classes.member}>{t('progress.admitted')}</p>}
      <div className={classes.buttons}>
        {failed && <Button onClick={onBack}>{t('progress.again')}</Button>}
        {failed && draft.link !== '' && canRetry(progress.code) && (
          <Button kind="primary" loading={join.isPending} onClick={again}>
            {t('progress.retry')}
          </Button>
        )}
        {!failed && !member && (
          <Button loading={cancel.isPending} onClick={() => cancel.mutate()}>
            {t('progress.cancel')}
          </Button>
        )}
        {member && (
          <Button kind="primary" onClick={onEnter}>
            {t('progress.enter')}
          </Button>
        )}
      </div>
    </div>
  );

  function title(): string {
    const team = teamName || draft.joinTeam;
    if (failed) return team ? t('progress.failedTitle', { team }) : t('progress.failedTitlePlain');
    if (member) return t('progress.doneTitle', { team });
    return team ? t('progress.title', { team }) : t('progress.titlePlain');
  }
}

/** The last stage that was under way: where a failure happened. */
function useReached(progress: JoinProgress): Stage {
  const [reached, setReached] = useState<Stage>('search');
  const stage = stageOf(progress.step);
  if (stage && stage !== reached) setReached(stage);
  return stage ?? reached;
}

function Failure({ code, params }: Pick<JoinProgress, 'code' | 'params'>) {
  const { t } = useTranslation('team');
  const reasonOf = useFaultText();
  return (
    <Banner tone="danger" icon={<IconAlertTriangle size={16} stroke={1.8} />} alert>
      <b className={classes.reason}>{reasonOf(new Fault(code, params))}</b>
      {t(`remedy.${remedyFor(code)}`)}
    </Banner>
  );
}

function Stall({ progress }: { progress: JoinProgress }) {
  const { t } = useTranslation('team');
  const inviter = progress.params.inviter ?? '';
  const stage = stageOf(progress.step) ?? 'search';
  const key = stage === 'search' ? (inviter ? 'nobody_online' : 'nobody_onlineNoName') : stage;
  return (
    <Banner tone="warning" icon={<IconAlertTriangle size={16} stroke={1.8} />} alert>
      <b className={classes.reason}>{t(`stall.${key}.reason`)}</b>
      {t(`stall.${key}.remedy`, { inviter })}
    </Banner>
  );
}
