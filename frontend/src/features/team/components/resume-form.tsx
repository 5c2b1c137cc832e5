import { useState } from 'react';
import type { SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { IconAlertCircle } from '../../../ui/icons';
import { PassphraseInput } from '../../../ui/passphrase-input';
import { TextInput } from '../../../ui/text-input';
import { useCancelJoin, useResumeJoin } from '../queries';
import classes from './form.module.css';

/** A request to join lies at a relay, and the program was closed meanwhile: the passphrase that was chosen then goes on with it. */
export function ResumeForm() {
  const { t } = useTranslation('team');
  const reasonOf = useFaultText();
  const resume = useResumeJoin();
  const cancel = useCancelJoin();
  const [staffNo, setStaffNo] = useState('');
  const [passphrase, setPassphrase] = useState('');
  const [checked, setChecked] = useState(false);

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setChecked(true);
    if (staffNo.trim() === '' || passphrase === '' || resume.isPending) return;
    resume.mutate({ staffNo: staffNo.trim(), passphrase });
  };
  return (
    <form onSubmit={submit} noValidate>
      <h1 className={classes.title}>{t('resume.title')}</h1>
      <p className={classes.intro}>{t('resume.help')}</p>
      <TextInput
        label={t('profile.staffNo')}
        required
        autoComplete="username"
        autoFocus
        value={staffNo}
        onChange={setStaffNo}
        error={checked && staffNo.trim() === '' ? t('profile.staffNoRequired') : undefined}
      />
      <div className={classes.gap}>
        <PassphraseInput
          label={t('passphrase.label')}
          required
          value={passphrase}
          onChange={setPassphrase}
          error={checked && passphrase === '' ? t('resume.passphraseRequired') : undefined}
        />
      </div>
      {resume.error && (
        <div className={classes.failure}>
          <Banner tone="danger" icon={<IconAlertCircle size={16} stroke={1.8} />} alert>
            {t('resume.failed', { reason: reasonOf(resume.error) })}
          </Banner>
        </div>
      )}
      <div className={classes.buttons}>
        <Button loading={cancel.isPending} onClick={() => cancel.mutate()}>
          {t('progress.cancel')}
        </Button>
        <Button kind="primary" type="submit" loading={resume.isPending}>
          {t('resume.submit')}
        </Button>
      </div>
    </form>
  );
}
