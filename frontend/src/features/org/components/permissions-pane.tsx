import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { timeText } from '../../../lib/time-text';
import { useFaultText } from '../../../platform/fault-text';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { ErrorState } from '../../../ui/error-state';
import { IconCircleCheck, IconClock } from '../../../ui/icons';
import { Loading, SkeletonRows } from '../../../ui/skeleton';
import { Tag } from '../../../ui/tag';
import { useNow } from '../../../ui/use-now';
import { useToast } from '../../../ui/toast';
import type { Permissions } from '../cases';
import { permissionsQuery, useConfirmPermissions } from '../queries';
import classes from './pane.module.css';
import own from './permissions-pane.module.css';

type Lookup = (keys: string[], params: object) => string;

/** What I may do and where, to be looked through every so often (R22). */
export function PermissionsPane() {
  const { t } = useTranslation('org');
  const reasonOf = useFaultText();
  const { data, error, refetch } = useQuery(permissionsQuery);
  return (
    <section className={classes.pane} aria-label={t('views.permissions')}>
      <header className={classes.header}>
        <h2 className={classes.title}>{t('views.permissions')}</h2>
      </header>
      <p className={classes.help}>{t('permissions.help')}</p>
      {data ? (
        <Content permissions={data} />
      ) : error ? (
        <ErrorState text={t('permissions.failed')} reason={reasonOf(error)} onRetry={() => void refetch()} />
      ) : (
        <Loading>
          <SkeletonRows rows={4} />
        </Loading>
      )}
    </section>
  );
}

function Content({ permissions }: { permissions: Permissions }) {
  const { t, i18n } = useTranslation('org');
  const lookup = t as unknown as Lookup;
  const date = (at: string) => timeText(i18n.language).date(Date.parse(at));
  const { items } = permissions;
  return (
    <>
      <Review permissions={permissions} />
      <ul className={`scroll ${classes.rows ?? ''}`} aria-label={t('views.permissions')}>
        {items.map((item, index) => (
          <li key={`${item.kind} ${item.scopeId} ${String(index)}`} className={classes.row}>
            <span className={classes.words}>
              <span className={classes.name}>{item.name}</span>
              <span className={classes.text}>
                {lookup([`permissions.kind.${item.kind}`, 'plain'], { text: item.kind })}
                {item.since && ` · ${t('permissions.since', { time: date(item.since) })}`}
              </span>
            </span>
            <Tag>{lookup([...(item.kind === 'group' ? [`permissions.groupRole.${item.role}`] : []), `role.${item.role}`, 'plain'], { text: item.role })}</Tag>
          </li>
        ))}
      </ul>
    </>
  );
}

function Review({ permissions: { reviewedAt, dueAt } }: { permissions: Permissions }) {
  const { t, i18n } = useTranslation('org');
  const now = useNow();
  const toast = useToast();
  const reasonOf = useFaultText();
  const { mutate, isPending } = useConfirmPermissions();
  const date = (at: string) => timeText(i18n.language).date(Date.parse(at));
  const due = dueAt !== '' && Date.parse(dueAt) <= now;
  const words = due
    ? t('permissions.due')
    : reviewedAt === ''
      ? t('permissions.never')
      : dueAt === ''
        ? t('permissions.reviewed', { time: date(reviewedAt) })
        : t('permissions.next', { time: date(reviewedAt), next: date(dueAt) });
  return (
    <div className={own.review}>
      <Banner
        tone={due ? 'warning' : 'neutral'}
        icon={due ? <IconClock size={16} stroke={1.8} /> : <IconCircleCheck size={16} stroke={1.8} />}
        action={
          <Button
            size="sm"
            kind={due ? 'primary' : 'default'}
            loading={isPending}
            onClick={() =>
              mutate(undefined, {
                onSuccess: () => toast(t('permissions.confirmed')),
                onError: (error) => toast(t('department.failed', { reason: reasonOf(error) })),
              })
            }
          >
            {t('permissions.confirm')}
          </Button>
        }
      >
        {words}
      </Banner>
    </div>
  );
}
