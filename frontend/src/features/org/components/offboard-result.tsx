import { useTranslation } from 'react-i18next';
import { Banner } from '../../../ui/banner';
import { IconAlertTriangle, IconCircleCheck } from '../../../ui/icons';
import type { Offboarding } from '../cases';
import { LeavingSteps } from './leaving-steps';
import classes from './offboard.module.css';

export function OffboardResult({ result }: { result: Offboarding }) {
  const { t } = useTranslation('org');
  const { open, steps } = result;
  return (
    <div className={classes.body}>
      {open > 0 ? (
        <Banner tone="warning" icon={<IconAlertTriangle size={16} stroke={1.8} />}>
          {t('offboard.open', { count: open })}
        </Banner>
      ) : (
        <Banner tone="success" icon={<IconCircleCheck size={16} stroke={1.8} />}>
          {t('offboard.allDone')}
        </Banner>
      )}
      <LeavingSteps steps={steps} />
    </div>
  );
}
