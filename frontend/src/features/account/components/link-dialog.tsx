import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { inGroups } from '../../../lib/groups';
import { Fault } from '../../../platform/fault';
import { useFaultText } from '../../../platform/fault-text';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { Dialog } from '../../../ui/dialog';
import { IconAlertCircle, IconCircleCheck } from '../../../ui/icons';
import type { LinkState } from '../model';
import { linkQuery, useCancelLink, useConfirmLink, useStartLink } from '../queries';
import classes from './form.module.css';
import { LinkOffer } from './link-offer';
import own from './link-dialog.module.css';

/** Lets another device of mine in: a link, then six digits that both screens show (R2). */
export function LinkDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['account', 'ui']);
  const reasonOf = useFaultText();
  const { mutate: begin, data: link, error } = useStartLink();
  const cancel = useCancelLink();
  const state = useQuery(linkQuery).data;
  // On opening, and only then: the function stays the same.
  useEffect(() => begin(undefined), [begin]);

  // Until there is a link, what is known is about the one before.
  const step = (link && state?.step) ?? 'idle';
  const over = step === 'done' || step === 'failed';
  const close = () => {
    if (!over) cancel.mutate(undefined);
    onClose();
  };
  return (
    <Dialog opened title={t('link.title')} size="md" onClose={close}>
      <div className={classes.form}>
        {error && (
          <Banner tone="danger" icon={<IconAlertCircle size={16} stroke={1.8} />} alert>
            {t('link.notStarted', { reason: reasonOf(error) })}
          </Banner>
        )}
        {link && (step === 'idle' || step === 'waiting' || step === 'connected') && <LinkOffer link={link} connected={step === 'connected'} />}
        {state && step === 'compare' && <Compare state={state} />}
        {state && step === 'adding' && <p role="status">{t('link.adding', { name: state.deviceName })}</p>}
        {state && step === 'done' && (
          <Banner tone="success" icon={<IconCircleCheck size={16} stroke={1.8} />}>
            {t('link.done', { name: state.deviceName })}
          </Banner>
        )}
        {state && step === 'failed' && (
          <Banner tone="danger" icon={<IconAlertCircle size={16} stroke={1.8} />} alert>
            {t('link.failed', { reason: reasonOf(new Fault(state.fault, state.params)) })}
          </Banner>
        )}
        {step !== 'compare' && (
          <div className={classes.end}>
            {(step === 'failed' || error) && (
              <Button kind="primary" onClick={() => begin(undefined)}>
                {t('link.again')}
              </Button>
            )}
            <Button onClick={close}>{over ? t('ui:close') : t('link.cancel')}</Button>
          </div>
        )}
      </div>
    </Dialog>
  );
}

/** The one moment that counts: only a person can see both screens. */
function Compare({ state }: { state: LinkState }) {
  const { t } = useTranslation('account');
  const reasonOf = useFaultText();
  const confirm = useConfirmLink();
  return (
    <div className={own.compare}>
      <p className={classes.intro}>{t('link.compare', { name: state.deviceName })}</p>
      <output className={own.code} aria-label={t('link.code')} data-testid="link-code">
        {inGroups(state.code, 3)}
      </output>
      <p className={classes.help}>{t('link.compareHelp')}</p>
      {confirm.error && (
        <Banner tone="danger" alert>
          {t('link.failed', { reason: reasonOf(confirm.error) })}
        </Banner>
      )}
      <div className={own.answer}>
        <Button loading={confirm.isPending} onClick={() => confirm.mutate(false)}>
          {t('link.different')}
        </Button>
        <Button kind="primary" loading={confirm.isPending} onClick={() => confirm.mutate(true)}>
          {t('link.same')}
        </Button>
      </div>
    </div>
  );
}
