import { useTranslation } from 'react-i18next';
import { useAppState } from '../../../platform/app-state';
import { useGo } from '../../../platform/navigation';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { IconKey } from '../../../ui/icons';
import classes from './account-notice.module.css';

/** Reminds of a passphrase that ends soon (R12), or else of recovery words that nobody has written down. */
export function AccountNotice() {
  const { t } = useTranslation('account');
  const { account } = useAppState();
  const go = useGo();
  const soon = account.passphraseState === 'soon';
  if (!soon && account.wordsConfirmed) return null;
  const task = soon ? 'passphrase' : 'words';
  return (
    <div className={classes.notice}>
      <Banner
        tone="warning"
        icon={<IconKey size={16} stroke={1.8} />}
        action={
          <Button size="sm" onClick={() => go('/settings', { section: 'security', do: task })}>
            {t(`notice.${task}Action`)}
          </Button>
        }
      >
        {soon ? t('notice.passphrase', { count: account.passphraseDays }) : t('notice.words')}
      </Banner>
    </div>
  );
}
