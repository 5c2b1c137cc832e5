import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Account } from '../../../platform/api';
import { Segmented } from '../../../ui/segmented';
import { CodeForm } from './code-form';
import { ResetForm } from './reset-form';
import classes from './form.module.css';

interface ForgotFormProps {
  account: Account;
  onBack: () => void;
}

/** A forgotten passphrase: what stands in for it, the recovery words or another device. */
export function ForgotForm({ account, onBack }: ForgotFormProps) {
  const { t } = useTranslation('account');
  const [by, setBy] = useState<'words' | 'device'>('words');
  return (
    <div className={classes.form}>
      <h1 className={classes.title}>{t('reset.title')}</h1>
      <Segmented
        label={t('reset.by')}
        value={by}
        onChange={setBy}
        fullWidth
        options={[
          { value: 'words', label: t('words.label') },
          { value: 'device', label: t('rescue.device') },
        ]}
      />
      {by === 'words' ? <ResetForm account={account} onBack={onBack} /> : <CodeForm account={account} onBack={onBack} />}
    </div>
  );
}
