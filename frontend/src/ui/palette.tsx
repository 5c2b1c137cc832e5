import { Modal } from '@mantine/core';
import { useEffect, useId, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { PaletteItem } from '../platform/feature';
import { FADE } from './dialog';
import { IconSearch } from './icons';
import classes from './palette.module.css';
import { useDebouncedText } from './search-input';
import { target } from './use-virtual-rows';

interface PaletteProps {
  opened: boolean;
  label: string;
  placeholder: string;
  /** Shown when nothing was found. */
  empty: string;
  /** Items of one group stand together. */
  items: readonly PaletteItem[];
  onSearch: (text: string) => void;
  onClose: () => void;
}

const SETTLE_MS = 120;
const PAGE = 8;

/** Search and commands in one place: type, arrow keys, Enter. */
export function Palette({ opened, onClose, label, ...rest }: PaletteProps) {
  return (
    <Modal.Root opened={opened} onClose={onClose} size={600} yOffset={96} transitionProps={FADE}>
      <Modal.Overlay />
      <Modal.Content aria-label={label} radius="lg" classNames={{ content: classes.content ?? '' }}>
        <Content label={label} onClose={onClose} {...rest} />
      </Modal.Content>
    </Modal.Root>
  );
}

function Content({ label, placeholder, empty, items, onSearch, onClose }: Omit<PaletteProps, 'opened'>) {
  const id = useId();
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const input = useDebouncedText(
    text,
    (next) => {
      setText(next);
      setActive(0);
      onSearch(next);
    },
    SETTLE_MS,
  );
  const list = useRef<HTMLDivElement>(null);
  const current = Math.min(active, items.length - 1);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [current]);

  const choose = (item: PaletteItem | undefined) => {
    if (!item) return;
    onClose();
    item.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') {
      event.preventDefault();
      choose(items[current]);
      return;
    }
    if (event.key === 'Home' || event.key === 'End') return; // they belong to the text
    const next = target(event.key, current, items.length, PAGE);
    if (next === null) return;
    event.preventDefault();
    setActive(next);
  };
  return (
    <>
      <div className={classes.search}>
        <IconSearch size={18} stroke={1.7} aria-hidden />
        <input
          type="text"
          role="combobox"
          className={classes.input}
          data-autofocus
          aria-label={label}
          aria-expanded={items.length > 0}
          aria-controls={id}
          aria-activedescendant={items[current] && `${id}-${current}`}
          aria-autocomplete="list"
          autoComplete="off"
          spellCheck={false}
          placeholder={placeholder}
          onKeyDown={onKeyDown}
          {...input.props}
        />
      </div>
      <div ref={list} id={id} role="listbox" aria-label={label} className={`scroll ${classes.list}`} tabIndex={-1}>
        {groupsOf(items).map((group) => (
          <div key={group.name} role="group" aria-labelledby={`${id}-g-${group.from}`}>
            <div id={`${id}-g-${group.from}`} className={classes.group} role="presentation">
              {group.name}
            </div>
            {group.items.map((item, offset) => (
              <Option
                key={item.id}
                id={`${id}-${group.from + offset}`}
                item={item}
                selected={group.from + offset === current}
                onPoint={() => setActive(group.from + offset)}
                onChoose={() => choose(item)}
              />
            ))}
          </div>
        ))}
      </div>
      <p className={classes.empty} role="status">
        {items.length === 0 && text !== '' ? empty : ''}
      </p>
    </>
  );
}

interface OptionProps {
  id: string;
  item: PaletteItem;
  selected: boolean;
  onPoint: () => void;
  onChoose: () => void;
}

function Option({ id, item, selected, onPoint, onChoose }: OptionProps) {
  const Icon = item.icon;
  return (
    <div id={id} role="option" aria-selected={selected} className={classes.option} onPointerMove={onPoint} onClick={onChoose}>
      <Icon size={17} stroke={1.7} aria-hidden />
      <span className={classes.label}>{item.label}</span>
      {item.hint && <span className={classes.hint}>{item.hint}</span>}
    </div>
  );
}

interface Group {
  name: string;
  /** Index of its first item among all. */
  from: number;
  items: PaletteItem[];
}

function groupsOf(items: readonly PaletteItem[]): Group[] {
  const groups: Group[] = [];
  items.forEach((item, index) => {
    const last = groups[groups.length - 1];
    if (last?.name === item.group) last.items.push(item);
    else groups.push({ name: item.group, from: index, items: [item] });
  });
  return groups;
}
