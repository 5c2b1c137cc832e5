import { Menu as MantineMenu } from '@mantine/core';
import type { ReactElement, ReactNode } from 'react';
import classes from './menu.module.css';

export interface MenuItem {
  key: string;
  label: string;
  icon?: ReactNode;
  /** A line below the label, in small. */
  help?: string;
  /** How the shortcut is written, for example "Ctrl N". */
  shortcut?: string;
  /** Stands last, in red. */
  danger?: boolean;
  /** Given: it is switched on or off. */
  checked?: boolean;
  disabled?: boolean;
  onClick: () => void;
}

interface MenuProps {
  /** At most nine, in groups. */
  groups: readonly (readonly MenuItem[])[];
  /** The button that opens it. */
  children: ReactElement;
  side?: 'bottom-start' | 'bottom-end' | 'right-start' | 'right-end';
  width?: number;
}

export function Menu({ groups, children, side = 'bottom-end', width }: MenuProps) {
  return (
    <MantineMenu position={side} {...(width ? { width } : {})}>
      <MantineMenu.Target>{children}</MantineMenu.Target>
      <MantineMenu.Dropdown>
        <Items groups={groups} />
      </MantineMenu.Dropdown>
    </MantineMenu>
  );
}

interface ContextMenuProps {
  /** Where it was asked for, in px of the window; null: closed. */
  at: { x: number; y: number } | null;
  label: string;
  groups: readonly (readonly MenuItem[])[];
  onClose: () => void;
}

/** A menu where the pointer is. Everything in it must be reachable in another way as well. */
export function ContextMenu({ at, label, groups, onClose }: ContextMenuProps) {
  return (
    <MantineMenu
      opened={at !== null}
      onChange={(opened) => {
        if (!opened) onClose();
      }}
      position="bottom-start"
      offset={0}
    >
      <MantineMenu.Target>
        <span className={classes.anchor} style={{ left: at?.x ?? 0, top: at?.y ?? 0 }} tabIndex={-1} aria-hidden />
      </MantineMenu.Target>
      <MantineMenu.Dropdown aria-label={label}>
        <Items groups={groups} />
      </MantineMenu.Dropdown>
    </MantineMenu>
  );
}

function Items({ groups }: Pick<MenuProps, 'groups'>) {
  return groups
    .filter((items) => items.length > 0)
    .map((items, index) => (
      <div key={items[0]?.key} role="group" className={classes.group}>
        {index > 0 && <MantineMenu.Divider />}
        {items.map((item) => (
          <Item key={item.key} item={item} />
        ))}
      </div>
    ));
}

function Item({ item }: { item: MenuItem }) {
  const { label, help, icon, shortcut, danger = false, checked, disabled = false, onClick } = item;
  const text = (
    <>
      {label}
      {help && <span className={classes.help}>{help}</span>}
    </>
  );
  if (checked !== undefined) {
    return (
      <MantineMenu.CheckboxItem checked={checked} disabled={disabled} closeMenuOnClick className={classes.item} onChange={onClick}>
        {text}
      </MantineMenu.CheckboxItem>
    );
  }
  return (
    <MantineMenu.Item
      leftSection={icon}
      rightSection={shortcut && <kbd className={classes.shortcut}>{shortcut}</kbd>}
      data-danger={danger || undefined}
      disabled={disabled}
      className={classes.item}
      onClick={onClick}
    >
      {text}
    </MantineMenu.Item>
  );
}
