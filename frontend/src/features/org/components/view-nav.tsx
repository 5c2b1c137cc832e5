import { useQuery } from '@tanstack/react-query';
import { clsx } from 'clsx';
import { useTranslation } from 'react-i18next';
import { useAppState } from '../../../platform/app-state';
import { IconClipboardList, IconHelpCircle, IconUserMinus, IconUserShield } from '../../../ui/icons';
import { canManage } from '../model';
import { offboardingsQuery, requestsQuery } from '../queries';
import classes from './view-nav.module.css';

/** What the middle can show besides people. */
export const VIEWS = ['duties', 'requests', 'handover', 'permissions'] as const;
export type OrgView = (typeof VIEWS)[number] | '';

const ICON = { duties: IconHelpCircle, requests: IconClipboardList, handover: IconUserMinus, permissions: IconUserShield };

export function ViewNav({ view, onView }: { view: OrgView; onView: (view: OrgView) => void }) {
  const { t } = useTranslation('org');
  const { role } = useAppState();
  const manages = canManage(role);
  const waiting = useQuery(requestsQuery('to_review', 'open')).data?.length ?? 0;
  const open = useQuery({ ...offboardingsQuery, enabled: manages }).data?.filter((one) => one.open > 0).length ?? 0;
  const count = { duties: 0, requests: waiting, handover: open, permissions: 0 };
  return (
    <nav className={classes.nav} aria-label={t('views.label')}>
      <ul>
        {VIEWS.filter((one) => one !== 'handover' || manages).map((one) => {
          const Icon = ICON[one];
          return (
            <li key={one}>
              <button type="button" className={clsx(classes.item, one === view && classes.on)} aria-current={one === view ? 'page' : undefined} onClick={() => onView(one)}>
                <Icon size={17} stroke={1.7} aria-hidden />
                <span className={classes.name}>{t(`views.${one}`)}</span>
                {count[one] > 0 && (
                  <span className={classes.count}>
                    {count[one]}
                    <span className="sr-only">{t('views.open')}</span>
                  </span>
                )}
              </button>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
