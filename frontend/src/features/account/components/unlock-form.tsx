import { useState } from 'react';
import type { SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { Account } from '../../../platform/api';
import { toFault } from '../../../platform/fault';
import { useFaultText } from '../../../platform/fault-text';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { Checkbox } from '../../../ui/checkbox';
import { IconAlertCircle, IconLockOpen } from '../../../ui/icons';
import { Logo } from '../../../ui/logo';
import { PassphraseInput } from '../../../ui/passphrase-input';
import { TextInput } from '../../../ui/text-input';
import { waitOf } from '../model';
import { useUnlock } from '../queries';
import { useCountdown } from '../use-countdown';
import classes from './form.module.css';

interface UnlockFormProps {
  account: Account;
  onForgot: () => void;
}

export function UnlockForm({ account, onForgot }: UnlockFormProps) {
  const { t } = useTranslation('account');
  const reasonOf = useFaultText();
  const unlock = useUnlock();
  const [staffNo, setStaffNo] = useState(account.staffNo);
  const [passphrase, setPassphrase] = useState('');
  const [remember, setRemember] = useState(account.remembered);
  const [checked, setChecked] = useState(false);
  const [until, setUntil] = useState(0);
  const wait = useCountdown(until);

  const fault = unlock.error ? toFault(unlock.error) : null;
  const refused = fault?.code === 'vault.wrong' || fault?.code === 'vault.wait';
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setChecked(true);
    if (staffNo.trim() === '' || passphrase === '' || unlock.isPending || wait > 0) return;
    unlock.mutate(
      { staffNo: staffNo.trim(), passphrase, remember },
      { onError: (error) => setUntil(Date.now() + waitOf(toFault(error)) * 1000) },
    );
  };
  const passphraseError = () => {
    if (checked && passphrase === '') return t('unlock.passphraseRequired');
    if (!refused) return undefined;
    return wait > 0 ? t('unlock.wrongWait', { n: wait }) : t('unlock.wrong');
  };
  return (
    <form className={classes.form} onSubmit={submit} noValidate>
      <div className={classes.head}>
        <Logo size={48} />
        <h1 className={classes.title}>{t('unlock.title')}</h1>
        <p className={classes.intro}>{t('unlock.help')}</p>
      </div>
      <TextInput
        label={t('unlock.staffNo')}
        required
        autoComplete="username"
        autoFocus={account.staffNo === ''}
        value={staffNo}
        onChange={setStaffNo}
        error={checked && staffNo.trim() === '' ? t('unlock.staffNoRequired') : undefined}
      />
      <PassphraseInput label={t('unlock.passphrase')} required autoFocus={account.staffNo !== ''} value={passphrase} onChange={setPassphrase} error={passphraseError()} />
      {account.keychain && <Checkbox label={t('unlock.remember')} help={t('unlock.rememberHelp')} checked={remember} onChange={setRemember} />}
      {fault && !refused && (
        <Banner tone="danger" icon={<IconAlertCircle size={16} stroke={1.8} />} alert>
          {t('unlock.failed', { reason: reasonOf(fault) })}
        </Banner>
      )}
      <Button
        kind="primary"
        type="submit"
        fullWidth
        icon={<IconLockOpen size={16} stroke={1.8} />}
        loading={unlock.isPending}
        disabledReason={wait > 0 ? t('unlock.wrongWait', { n: wait }) : ''}
      >
        {wait > 0 ? t('unlock.waiting', { n: wait }) : t('unlock.submit')}
      </Button>
      <button type="button" className={classes.link} onClick={onForgot}>
        {t('unlock.forgot')}
      </button>
    </form>
  );
}
