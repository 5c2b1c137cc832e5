import { useTranslation } from 'react-i18next';
import { useGo } from '../../../platform/navigation';
import { colourOf } from '../../../platform/people';
import type { People } from '../../../platform/people';
import { Avatar } from '../../../ui/avatar';
import { Button } from '../../../ui/button';
import { FieldList } from '../../../ui/field-list';
import classes from './panels.module.css';

interface PersonPanelProps {
  userId: string;
  name: string;
  people: People;
}

/** The other person of a direct chat; what is empty is not shown. */
export function PersonPanel({ userId, name, people }: PersonPanelProps) {
  const { t } = useTranslation('chat');
  const go = useGo();
  const person = people.get(userId);
  const fields = person
    ? [
        { label: t('person.staffNo'), value: person.staffNo },
        { label: t('person.department'), value: person.departmentPath.join(' / ') },
        { label: t('person.position'), value: person.position },
        { label: t('person.phone'), value: person.phone },
        { label: t('person.email'), value: person.email },
      ].filter(({ value }) => value !== '')
    : [];
  return (
    <>
      <div className={classes.card}>
        <Avatar name={name} userId={userId} colour={colourOf(people, userId)} size={48} online={person?.online ?? false} />
        <div className={classes.who}>
          <b>{name}</b>
          <span className={classes.detail}>{person?.online ? t('pane.online') : t('members.offline')}</span>
        </div>
      </div>
      <FieldList fields={fields} />
      <div className={classes.open}>
        <Button onClick={() => go('/org', { person: userId })}>{t('person.open')}</Button>
      </div>
    </>
  );
}
