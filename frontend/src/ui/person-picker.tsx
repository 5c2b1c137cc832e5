import { clsx } from 'clsx';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Avatar } from './avatar';
import { IconCheck, IconX } from './icons';
import classes from './person-picker.module.css';
import { SearchInput } from './search-input';
import { VirtualList } from './virtual-list';

export interface Person {
  userId: string;
  name: string;
  /** Department and position. */
  detail: string;
  colour: number;
  online: boolean;
}

interface PersonPickerProps {
  /** What the search found; the caller searches (by name, pinyin, staff number, department). */
  people: readonly Person[];
  chosen: readonly Person[];
  /** Are in already and cannot be taken out. */
  locked?: ReadonlySet<string>;
  query: string;
  onSearch: (text: string) => void;
  onChange: (chosen: Person[]) => void;
  onEnd?: () => void;
}

const NOBODY: ReadonlySet<string> = new Set();

const ROW_PX = 48;

/** Chooses people: search above, those chosen as chips, the list below. */
export function PersonPicker({ people, chosen, locked = NOBODY, query, onSearch, onChange, onEnd }: PersonPickerProps) {
  const { t } = useTranslation('ui');
  const [active, setActive] = useState(-1);
  const isChosen = (person: Person) => chosen.some((one) => one.userId === person.userId);
  const toggle = (person: Person | undefined) => {
    if (!person || locked.has(person.userId)) return;
    onChange(isChosen(person) ? chosen.filter((one) => one.userId !== person.userId) : [...chosen, person]);
  };
  return (
    <div className={classes.picker}>
      <SearchInput label={t('people.search')} placeholder={t('people.search')} value={query} onSearch={onSearch} autoFocus />
      {chosen.length > 0 && (
        <ul className={`scroll ${classes.chips}`} aria-label={t('people.chosen', { n: chosen.length })}>
          {chosen.map((person) => (
            <li key={person.userId} className={classes.chip}>
              <Avatar name={person.name} userId={person.userId} colour={person.colour} size={20} />
              {person.name}
              <button type="button" className={classes.remove} aria-label={t('people.remove', { name: person.name })} onClick={() => toggle(person)}>
                <IconX size={13} stroke={2} />
              </button>
            </li>
          ))}
        </ul>
      )}
      <div className={classes.list}>
        {people.length === 0 ? (
          <p className={classes.none} role="status">
            {query ? t('people.none', { text: query }) : t('people.empty')}
          </p>
        ) : (
          <VirtualList
            label={t('people.label')}
            items={people}
            rowHeight={ROW_PX}
            keyOf={(person) => person.userId}
            optionId={(person) => `person-${person.userId}`}
            active={Math.min(active, people.length - 1)}
            onActive={setActive}
            onChoose={(index) => toggle(people[index])}
            multiple
            {...(onEnd ? { onEnd } : {})}
          >
            {(person, index) => (
              <PersonRow
                person={person}
                chosen={isChosen(person) || locked.has(person.userId)}
                locked={locked.has(person.userId)}
                active={index === active}
                onToggle={() => {
                  setActive(index);
                  toggle(person);
                }}
              />
            )}
          </VirtualList>
        )}
      </div>
    </div>
  );
}

interface PersonRowProps {
  person: Person;
  chosen: boolean;
  locked: boolean;
  active: boolean;
  onToggle: () => void;
}

function PersonRow({ person, chosen, locked, active, onToggle }: PersonRowProps) {
  return (
    <div
      role="option"
      id={`person-${person.userId}`}
      aria-selected={chosen}
      aria-disabled={locked || undefined}
      className={clsx(classes.row, active && classes.active)}
      onClick={onToggle}
    >
      <i className={clsx(classes.box, chosen && classes.checked)} aria-hidden>
        {chosen && <IconCheck size={12} stroke={3} />}
      </i>
      <Avatar name={person.name} userId={person.userId} colour={person.colour} size={32} online={person.online} />
      <span className={classes.name}>{person.name}</span>
      <span className={classes.detail}>{person.detail}</span>
    </div>
  );
}
