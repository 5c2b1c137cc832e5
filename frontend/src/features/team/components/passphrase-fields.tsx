import { useTranslation } from 'react-i18next';
import { NewPassphrase } from '../../../ui/new-passphrase';
import type { NewPassphraseState } from '../../../ui/use-new-passphrase';
import classes from './form.module.css';

/** The passphrase that opens this device from now on (R1, R10, R11). */
export function PassphraseFields({ state, checked }: { state: NewPassphraseState; checked: boolean }) {
  const { t } = useTranslation('team');
  return (
    <fieldset className={classes.section}>
      <legend className={classes.heading}>{t('passphrase.heading')}</legend>
      <p className={classes.help}>{t('passphrase.help')}</p>
      <NewPassphrase state={state} label={t('passphrase.label')} checked={checked} />
    </fieldset>
  );
}
