import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { colourOf } from '../../../lib/colour';
import { useFaultText } from '../../../platform/fault-text';
import { useParam, useSetParams } from '../../../platform/navigation';
import { Avatar, GroupAvatar } from '../../../ui/avatar';
import { Button } from '../../../ui/button';
import { EmptyState } from '../../../ui/empty-state';
import { ErrorState } from '../../../ui/error-state';
import { IconHelpCircle } from '../../../ui/icons';
import { SearchInput } from '../../../ui/search-input';
import { Loading, SkeletonRows } from '../../../ui/skeleton';
import { answers } from '../cases';
import { departmentsQuery, everybodyQuery } from '../queries';
import classes from './pane.module.css';

interface DutiesPaneProps {
  onPerson: (userId: string) => void;
  onDepartment: (id: string) => void;
}

/** Whom to ask: the stated duties of departments and people (R29). */
export function DutiesPane({ onPerson, onDepartment }: DutiesPaneProps) {
  const { t } = useTranslation('org');
  const set = useSetParams();
  const reasonOf = useFaultText();
  const question = useParam('q');
  const departments = useQuery(departmentsQuery);
  const everybody = useQuery(everybodyQuery);
  const foundDepartments = answers(departments.data ?? [], question);
  const foundPeople = answers(everybody.data ?? [], question);
  const loaded = departments.data && everybody.data;
  const none = foundDepartments.length + foundPeople.length === 0;
  const error = departments.error ?? everybody.error;
  return (
    <section className={classes.pane} aria-label={t('views.duties')}>
      <header className={classes.header}>
        <h2 className={classes.title}>{t('views.duties')}</h2>
        <span className={classes.space} />
        <div className={classes.search}>
          <SearchInput label={t('duties.search')} placeholder={t('duties.search')} autoFocus value={question} onSearch={(q) => set({ q }, { replace: true })} />
        </div>
      </header>
      <p className={classes.help}>{t('duties.help')}</p>
      {!loaded && !error && (
        <Loading>
          <SkeletonRows rows={4} />
        </Loading>
      )}
      {!loaded && error && (
        <ErrorState text={t('duties.failed')} reason={reasonOf(error)} onRetry={() => void Promise.all([departments.refetch(), everybody.refetch()])} />
      )}
      {loaded && none && (
        <EmptyState
          icon={<IconHelpCircle size={36} stroke={1.3} />}
          text={question ? t('duties.none', { text: question }) : t('duties.empty')}
          action={question && <Button onClick={() => set({ q: '' }, { replace: true })}>{t('table.clear')}</Button>}
        />
      )}
      {loaded && !none && (
        <ul className={`scroll ${classes.rows ?? ''}`} aria-label={t('views.duties')}>
          {foundDepartments.map(({ id, name, duty, heads }) => (
            <li key={id}>
              <button type="button" className={classes.row} onClick={() => onDepartment(id)}>
                <GroupAvatar name={name} colour={colourOf(name)} size={36} />
                <span className={classes.words}>
                  <span className={classes.name}>{name}</span>
                  <span className={classes.duty}>{duty}</span>
                </span>
                <span className={classes.side}>{heads.map((head) => head.name).join(t('profile.comma'))}</span>
              </button>
            </li>
          ))}
          {foundPeople.map(({ userId, name, duty, avatar, online, self, position }) => (
            <li key={userId}>
              <button type="button" className={classes.row} onClick={() => onPerson(userId)}>
                <Avatar name={name} userId={userId} colour={avatar} size={36} online={online || self} />
                <span className={classes.words}>
                  <span className={classes.name}>{name}</span>
                  <span className={classes.duty}>{duty}</span>
                </span>
                <span className={classes.side}>{position}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
