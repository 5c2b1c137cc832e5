import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import { colourOf, usePeople } from '../../../platform/people';
import { Avatar } from '../../../ui/avatar';
import { Drawer } from '../../../ui/drawer';
import { ErrorState } from '../../../ui/error-state';
import { Loading, SkeletonRows } from '../../../ui/skeleton';
import type { Reader, Readers } from '../api';
import { readersQuery } from '../queries';
import classes from './readers-drawer.module.css';

interface ReadersDrawerProps {
  id: string;
  onClose: () => void;
}

/** Who has read an announcement and who has not; those who have not come first. */
export function ReadersDrawer({ id, onClose }: ReadersDrawerProps) {
  const { t } = useTranslation('announcement');
  const { data, error, refetch } = useQuery(readersQuery(id));
  const reasonOf = useFaultText();
  return (
    <Drawer title={t('readers.title')} onClose={onClose}>
      {data ? (
        <Lists readers={data} />
      ) : error ? (
        <ErrorState text={t('readers.failed')} reason={reasonOf(error)} onRetry={() => void refetch()} />
      ) : (
        <Loading>
          <SkeletonRows rows={4} />
        </Loading>
      )}
    </Drawer>
  );
}

function Lists({ readers }: { readers: Readers }) {
  const { t } = useTranslation('announcement');
  return (
    <>
      <Section title={t('readers.unread')} people={readers.unread} none={t('readers.allRead')} />
      <Section title={t('readers.read')} people={readers.read} none={t('readers.noneRead')} />
    </>
  );
}

function Section({ title, people, none }: { title: string; people: readonly Reader[]; none: string }) {
  const all = usePeople();
  return (
    <section className={classes.section} aria-label={title}>
      <h3 className={classes.title}>
        {title} <span>{people.length}</span>
      </h3>
      {people.length === 0 && <p className={classes.none}>{none}</p>}
      <ul>
        {people.map(({ userId, name }) => (
          <li key={userId} className={classes.person}>
            <Avatar name={name} userId={userId} colour={colourOf(all, userId)} size={28} />
            <span>{name}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
