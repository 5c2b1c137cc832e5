import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useAppState } from '../../../platform/app-state';
import { toFault } from '../../../platform/fault';
import { useFaultText } from '../../../platform/fault-text';
import { Button } from '../../../ui/button';
import { CopyButton } from '../../../ui/copy-button';
import { ErrorState } from '../../../ui/error-state';
import { IconRefresh } from '../../../ui/icons';
import { Loading, Skeleton } from '../../../ui/skeleton';
import { doctorQuery } from '../queries';
import { useCheckText } from '../use-check-text';
import { CheckList } from './check-list';
import classes from './check-list.module.css';
import { Group } from '../../../ui/group';

export function AboutSection() {
  const { t } = useTranslation('settings');
  const reasonOf = useFaultText();
  const textOf = useCheckText();
  const { version, os } = useAppState();
  const { data, error, isFetching, refetch } = useQuery(doctorQuery);
  const product = t('about.product', { version });
  const report = [`${product} · ${os}`, ...(data ?? []).map((check) => `[${check.state}] ${check.name}: ${textOf(check).text}`)].join('\n');
  return (
    <>
      <Group title={t('about.version')} help={t('about.versionHelp')} control={<span className="selectable">{product}</span>} />
      <Group
        title={t('about.doctor')}
        help={t('about.doctorHelp')}
        control={
          <div className={classes.buttons}>
            {data && <CopyButton kind="ghost" text={report} label={t('about.copy')} />}
            <Button icon={<IconRefresh size={16} stroke={1.7} />} loading={isFetching} onClick={() => void refetch()}>
              {t('about.run')}
            </Button>
          </div>
        }
      >
        {data && <CheckList checks={data} />}
        {!data && error && <ErrorState text={t('about.failed')} reason={reasonOf(error)} code={toFault(error).code} />}
        {!data && !error && (
          <Loading>
            <div className={classes.bones}>
              <Skeleton width="70%" />
              <Skeleton width="55%" />
              <Skeleton width="62%" />
            </div>
          </Loading>
        )}
      </Group>
    </>
  );
}
