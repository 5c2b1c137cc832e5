import { useQuery } from '@tanstack/react-query';
import { appStateQuery } from '../../platform/app-state';
import { useFaultText } from '../../platform/fault-text';
import { useTranslation } from 'react-i18next';
import { Banner } from '../../ui/banner';
import { Button } from '../../ui/button';
import { IconAlertCircle } from '../../ui/icons';
import classes from './notice.module.css';

/** The program behind the page does not answer any more. What is on the screen stays. */
export function LostNotice() {
  const { t } = useTranslation('ui');
  const reasonOf = useFaultText();
  const { error, isFetching, refetch } = useQuery(appStateQuery);
  if (!error) return null;
  return (
    <div className={classes.notice}>
      <Banner
        tone="danger"
        icon={<IconAlertCircle size={16} stroke={1.8} />}
        alert
        action={
          <Button size="sm" loading={isFetching} onClick={() => void refetch()}>
            {t('retry')}
          </Button>
        }
      >
        {reasonOf(error)}
      </Banner>
    </div>
  );
}
