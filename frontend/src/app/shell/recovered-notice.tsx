import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAppState } from '../../platform/app-state';
import { Banner } from '../../ui/banner';
import { Button } from '../../ui/button';
import { IconAlertTriangle } from '../../ui/icons';
import classes from './notice.module.css';

/** The database was damaged and has been built anew: what happened, and where the old file is. Stays until it was read. */
export function RecoveredNotice() {
  const { t } = useTranslation();
  const { damage } = useAppState();
  const [read, setRead] = useState('');
  if (damage === '' || damage === read) return null;
  return (
    <div className={classes.notice}>
      <Banner
        tone="warning"
        icon={<IconAlertTriangle size={16} stroke={1.8} />}
        alert
        action={
          <Button size="sm" onClick={() => setRead(damage)}>
            {t('recovered.close')}
          </Button>
        }
      >
        <span className="selectable">{t('recovered.text', { path: damage })}</span>
      </Banner>
    </div>
  );
}
