import { useState } from 'react';
import type { SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { Account } from '../../../platform/api';
import { toFault } from '../../../platform/fault';
import { useFaultText } from '../../../platform/fault-text';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { IconAlertCircle, IconArrowLeft } from '../../../ui/icons';
import { NewPassphrase } from '../../../ui/new-passphrase';
import { TextInput } from '../../../ui/text-input';
import { useNewPassphrase } from '../../../ui/use-new-passphrase';
import { waitOf } from '../model';
import { useResetPassphraseByCode } from '../queries';
import { useCountdown } from '../use-countdown';
import classes from './form.module.css';

interface CodeFormProps {
  account: Account;
  onBack: () => void;
}

/** A forgotten passphrase: the code that another device shows sets a new one and opens this device (R15). */
export function CodeForm({ account, onBack }: CodeFormProps) {
  const { t } = useTranslation('account');
  const reasonOf = useFaultText();
  const [code, setCode] = useState('');
  const [checked, setChecked] = useState(false);
  const [until, setUntil] = useState(0);
  const wait = useCountdown(until);
  const next = useNewPassphrase(account.staffNo, account.name);
  const reset = useResetPassphraseByCode();
  const fault = reset.error ? toFault(reset.error) : null;
  const aboutCode = fault !== null && (fault.code.startsWith('rescue.') || fault.code === 'vault.wait');

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setChecked(true);
    if (code.trim() === '' || !next.ready || reset.isPending || wait > 0) return;
    reset.mutate(
      { code, next: next.value },
      {
        onError: (error) => {
          const seconds = waitOf(toFault(error));
          setUntil(seconds > 0 ? Date.now() + seconds * 1000 : 0);
        },
      },
    );
  };
  const codeError = () => {
    if (checked && code.trim() === '') return t('rescue.required');
    return aboutCode ? reasonOf(fault) : undefined;
  };
  return (
    <form className={classes.form} onSubmit={submit} noValidate>
      <p className={classes.intro}>{t('rescue.help')}</p>
      <TextInput label={t('rescue.code')} required autoFocus value={code} onChange={setCode} placeholder={t('rescue.codePlaceholder')} help={t('rescue.codeHelp')} error={codeError()} />
      <NewPassphrase state={next} label={t('change.next')} checked={checked} />
      {fault && !aboutCode && (
        <Banner tone="danger" icon={<IconAlertCircle size={16} stroke={1.8} />} alert>
          {t('reset.failed', { reason: reasonOf(fault) })}
        </Banner>
      )}
      <div className={classes.buttons}>
        <Button kind="ghost" icon={<IconArrowLeft size={16} stroke={1.8} />} onClick={onBack}>
          {t('back')}
        </Button>
        <Button kind="primary" type="submit" loading={reset.isPending} disabledReason={wait > 0 ? t('unlock.waiting', { n: wait }) : ''}>
          {wait > 0 ? t('unlock.waiting', { n: wait }) : t('reset.submit')}
        </Button>
      </div>
    </form>
  );
}
