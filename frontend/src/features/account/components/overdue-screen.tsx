import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Button } from '../../../ui/button';
import { Frame } from '../../../ui/frame';
import { IconLock } from '../../../ui/icons';
import { lockNow, useChangePassphrase } from '../queries';
import { ChangeForm } from './change-form';
import classes from './form.module.css';

const FORM = 'overdue-passphrase';

/** The passphrase is older than the house rules allow: nothing else can be done before it is changed (R12). */
export function OverdueScreen() {
  const { t } = useTranslation('account');
  const client = useQueryClient();
  const change = useChangePassphrase();
  return (
    <Frame>
      <div className={classes.form}>
        <div>
          <h1 className={classes.title}>{t('overdue.title')}</h1>
          <p className={classes.intro}>{t('overdue.help')}</p>
        </div>
        <ChangeForm id={FORM} change={change} firstPossible onDone={() => undefined} />
        <div className={classes.buttons}>
          <Button kind="ghost" icon={<IconLock size={16} stroke={1.8} />} onClick={() => void lockNow(client)}>
            {t('lock.now')}
          </Button>
          <Button kind="primary" type="submit" form={FORM} loading={change.isPending}>
            {t('change.submit')}
          </Button>
        </div>
      </div>
    </Frame>
  );
}
