import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { People } from '../../../platform/people';
import { EmptyState } from '../../../ui/empty-state';
import { IconUsers } from '../../../ui/icons';
import { PersonPicker } from '../../../ui/person-picker';
import type { Person as Choice } from '../../../ui/person-picker';
import { Select } from '../../../ui/select';
import { departmentOptions, toChoice } from '../people';
import { departmentsQuery, peopleQuery } from '../queries';
import classes from './choose-people.module.css';

interface ChoosePeopleProps {
  people: People;
  chosen: readonly Choice[];
  /** Are in the chat already. */
  locked?: ReadonlySet<string>;
  onChange: (chosen: Choice[]) => void;
}

/** Everybody: the value of the filter before a department is chosen. */
const ALL = '';

/** Chooses colleagues by name, pinyin or staff number, within a department (R28). */
export function ChoosePeople({ people, chosen, locked, onChange }: ChoosePeopleProps) {
  const { t } = useTranslation('chat');
  const [text, setText] = useState('');
  const [departmentId, setDepartmentId] = useState(ALL);
  const found = useQuery(peopleQuery(text.trim(), departmentId));
  const departments = useQuery(departmentsQuery).data ?? [];
  const others = (found.data ?? []).filter((person) => !person.self);

  if (people.size === 1) return <EmptyState icon={<IconUsers size={36} stroke={1.3} />} text={t('create.nobody')} />;
  return (
    <div className={classes.choose}>
      {departments.length > 0 && (
        <div className={classes.filter}>
          <Select
            label={t('create.department')}
            hideLabel
            value={departmentId}
            onChange={setDepartmentId}
            options={[{ value: ALL, label: t('create.allDepartments') }, ...departmentOptions(departments)]}
          />
        </div>
      )}
      <PersonPicker
        people={others.map(toChoice)}
        chosen={chosen}
        {...(locked ? { locked } : {})}
        query={text}
        onSearch={setText}
        onChange={onChange}
      />
    </div>
  );
}
