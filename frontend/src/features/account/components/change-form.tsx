import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAppState } from '../../../platform/app-state';
import { toFault } from '../../../platform/fault';
import { useFaultText } from '../../../platform/fault-text';
import { Banner } from '../../../ui/banner';
import { NewPassphrase } from '../../../ui/new-passphrase';
import { PassphraseInput } from '../../../ui/passphrase-input';
import { useNewPassphrase } from '../../../ui/use-new-passphrase';
import type { useChangePassphrase } from '../queries';
import classes from './form.module.css';

interface ChangeFormProps {
  /** The id by which a button outside submits it. */
  id: string;
  change: ReturnType<typeof useChangePassphrase>;
  /** Data of an earlier version may have no passphrase yet. */
  firstPossible?: boolean;
  onDone: () => void;
}

/** The old passphrase and a new one, without buttons. */
export function ChangeForm({ id, change, firstPossible = false, onDone }: ChangeFormProps) {
  const { t } = useTranslation('account');
  const { account } = useAppState();
  const reasonOf = useFaultText();
  const [old, setOld] = useState('');
  const [checked, setChecked] = useState(false);
  const next = useNewPassphrase(account.staffNo, account.name);
  const fault = change.error ? toFault(change.error) : null;
  const wrong = fault?.code === 'vault.wrong' || fault?.code === 'vault.wait';
  const same = checked && next.value !== '' && next.value === old;
  return (
    <form
      id={id}
      className={classes.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setChecked(true);
        if ((old === '' && !firstPossible) || !next.ready || next.value === old || change.isPending) return;
        change.mutate({ old, next: next.value }, { onSuccess: onDone });
      }}
    >
      {fault && !wrong && (
        <Banner tone="danger" alert>
          {t('change.failed', { reason: reasonOf(fault) })}
        </Banner>
      )}
      <PassphraseInput
        label={t('change.old')}
        required={!firstPossible}
        help={firstPossible ? t('change.oldNone') : undefined}
        autoFocus
        value={old}
        onChange={setOld}
        error={checked && old === '' && !firstPossible ? t('change.oldRequired') : wrong ? t('change.wrong') : undefined}
      />
      <NewPassphrase state={next} label={t('change.next')} checked={checked} />
      {same && (
        <Banner tone="warning" alert>
          {t('change.same')}
        </Banner>
      )}
      <p className={classes.help}>{t('change.help')}</p>
    </form>
  );
}
