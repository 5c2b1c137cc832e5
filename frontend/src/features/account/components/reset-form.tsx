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
import { useNewPassphrase } from '../../../ui/use-new-passphrase';
import { NO_WORDS, WordInput } from '../../../ui/word-input';
import { wrongWords } from '../model';
import { useResetPassphrase } from '../queries';
import classes from './form.module.css';

interface ResetFormProps {
  account: Account;
  onBack: () => void;
}

/** A forgotten passphrase: the recovery words set a new one and open the device (R15). */
export function ResetForm({ account, onBack }: ResetFormProps) {
  const { t } = useTranslation('account');
  const reasonOf = useFaultText();
  const [words, setWords] = useState<readonly string[]>(NO_WORDS);
  const [checked, setChecked] = useState(false);
  const next = useNewPassphrase(account.staffNo, account.name);
  const reset = useResetPassphrase();
  const fault = reset.error ? toFault(reset.error) : null;
  const aboutWords = fault?.code === 'vault.words';
  const missing = words.filter((word) => word === '').length;

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setChecked(true);
    if (missing > 0 || !next.ready || reset.isPending) return;
    reset.mutate({ words, next: next.value });
  };
  return (
    <form className={classes.form} onSubmit={submit} noValidate>
      <p className={classes.intro}>{t('reset.help')}</p>
      <WordInput
        label={t('words.label')}
        words={words}
        onChange={setWords}
        autoFocus
        help={t('words.inputHelp')}
        wrong={aboutWords ? wrongWords(words, fault.params.word ?? '') : []}
        error={aboutWords ? reasonOf(fault) : checked && missing > 0 ? t('words.missing', { n: missing }) : undefined}
      />
      <NewPassphrase state={next} label={t('change.next')} checked={checked} />
      {fault && !aboutWords && (
        <Banner tone="danger" icon={<IconAlertCircle size={16} stroke={1.8} />} alert>
          {t('reset.failed', { reason: reasonOf(fault) })}
        </Banner>
      )}
      <p className={classes.help}>{t('reset.noWords')}</p>
      <div className={classes.buttons}>
        <Button kind="ghost" icon={<IconArrowLeft size={16} stroke={1.8} />} onClick={onBack}>
          {t('back')}
        </Button>
        <Button kind="primary" type="submit" loading={reset.isPending}>
          {t('reset.submit')}
        </Button>
      </div>
    </form>
  );
}
