import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { inGroups } from '../../../lib/groups';
import { useAppState } from '../../../platform/app-state';
import { useFaultText } from '../../../platform/fault-text';
import { Fault } from '../../../platform/fault';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { IconAlertTriangle, IconServer } from '../../../ui/icons';
import type { NewPassphraseState } from '../../../ui/use-new-passphrase';
import type { Draft, Way } from '../draft';
import { canRetry, linkIn, remedyFor, stageOf, stageStates, trimProfile } from '../model';
import type { JoinProgress, Stage } from '../model';
import { useCancelJoin, useJoin, useLinkDevice, useRecover } from '../queries';
import { useStall } from '../use-stall';
import form from './form.module.css';
import classes from './join-screen.module.css';
import { StageList } from './stage-list';

interface JoinScreenProps {
  progress: JoinProgress;
  /** What was typed in the form; its link is "" after the page was reloaded. */
  draft: Draft;
  secret: NewPassphraseState;
  /** Which form it began with. */
  way: Way;
  /** The team has let this device in; only history is missing. */
  member: boolean;
  onEnter: () => void;
  /** To the form, after a failure. */
  onBack: () => void;
}

/** Each step of joining as it happens; when it stalls, why and what to do. */
export function JoinScreen({ progress, draft, secret, way, member, onEnter, onBack }: JoinScreenProps) {
  const { t } = useTranslation('team');
  const cancel = useCancelJoin();
  const again = useAgain(draft, secret, way);
  // After the page was reloaded, only the step tells which way it is.
  const linking = way === 'link' || progress.step === 'compare';
  const { teamName } = useAppState();
  const waiting = useStall(progress);
  const reached = useReached(progress);
  const failed = progress.step === 'failed';
  const states = stageStates(progress.step, reached, waiting.stalled);

  return (
    <div>
      <h1 className={form.title}>{title()}</h1>
      <StageList progress={progress} states={states} waitedMs={waiting.waitedMs} own={linking || way === 'recover'} />
      {failed && <Failure code={progress.code} params={progress.params} />}
      {progress.step === 'compare' && <Compare code={progress.code} />}
      {waiting.stalled && <Stall progress={progress} />}
      {progress.relay === 'left' && stageOf(progress.step) === 'search' && <Left />}
      {member && <p className={classes.member}>{t('progress.admitted')}</p>}
      <div className={classes.buttons}>
        {failed && <Button onClick={onBack}>{t('progress.again')}</Button>}
        {failed && draft.link !== '' && canRetry(progress.code) && (
          <Button kind="primary" loading={again.pending} onClick={again.run}>
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
    if (linking || way === 'recover') return ownTitle(linking ? 'link' : 'recover');
    if (failed) return team ? t('progress.failedTitle', { team }) : t('progress.failedTitlePlain');
    if (member) return t('progress.doneTitle', { team });
    return team ? t('progress.title', { team }) : t('progress.titlePlain');
  }

  function ownTitle(own: 'link' | 'recover'): string {
    if (failed) return t(`${own}.failedTitle`);
    return member ? t(`${own}.doneTitle`) : t(`${own}.title`);
  }
}

/** The same once more, with what was typed. */
function useAgain(draft: Draft, secret: NewPassphraseState, way: Way): { pending: boolean; run: () => void } {
  const join = useJoin();
  const link = useLinkDevice();
  const recover = useRecover();
  const common = { link: linkIn(draft.link), deviceName: draft.deviceName.trim(), passphrase: secret.value };
  if (way === 'link') return { pending: link.isPending, run: () => link.mutate(common) };
  if (way === 'recover') return { pending: recover.isPending, run: () => recover.mutate({ ...common, words: draft.words }) };
  return { pending: join.isPending, run: () => join.mutate({ ...common, profile: trimProfile(draft.profile) }) };
}

/** The six digits that the other device shows as well. */
function Compare({ code }: { code: string }) {
  const { t } = useTranslation('team');
  return (
    <div className={classes.compare} role="status">
      <p>{t('compare.help')}</p>
      <output className={classes.code} aria-label={t('compare.code')} data-testid="link-code">
        {inGroups(code, 3)}
      </output>
      <p className={classes.member}>{t('compare.then')}</p>
    </div>
  );
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

/** Nobody has to wait for anybody: what is left goes on by itself. */
function Left() {
  const { t } = useTranslation('team');
  return (
    <Banner tone="info" icon={<IconServer size={16} stroke={1.8} />} alert>
      <b className={classes.reason}>{t('progress.left')}</b>
      {t('progress.leftThen')}
    </Banner>
  );
}

function Stall({ progress }: { progress: JoinProgress }) {
  const { t } = useTranslation('team');
  const inviter = progress.params.inviter ?? '';
  const stage = stageOf(progress.step) ?? 'search';
  const alone = progress.relay === 'no_box' ? 'no_box' : inviter ? 'nobody_online' : 'nobody_onlineNoName';
  const key = stage === 'search' ? alone : stage;
  return (
    <Banner tone="warning" icon={<IconAlertTriangle size={16} stroke={1.8} />} alert>
      <b className={classes.reason}>{t(`stall.${key}.reason`)}</b>
      {t(`stall.${key}.remedy`, { inviter })}
    </Banner>
  );
}
