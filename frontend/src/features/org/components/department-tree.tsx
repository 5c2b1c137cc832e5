import { clsx } from 'clsx';
import { useEffect, useRef } from 'react';
import type { KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { IconChevronDown, IconChevronRight, IconUsers } from '../../../ui/icons';
import { EVERYBODY, treeMove } from '../model';
import type { TreeRow } from '../model';
import classes from './department-tree.module.css';

interface DepartmentTreeProps {
  rows: readonly TreeRow[];
  selected: string;
  onSelect: (id: string) => void;
  onOpen: (id: string, open: boolean) => void;
  onMenu: (id: string, at: { x: number; y: number }) => void;
}

const INDENT_PX = 16;

const rowId = (id: string): string => `department-${id || 'all'}`;

/** The departments. Arrow keys walk and open; the menu key shows what can be done (WAI-ARIA tree). */
export function DepartmentTree({ rows, selected, onSelect, onOpen, onMenu }: DepartmentTreeProps) {
  const { t } = useTranslation('org');
  const tree = useRef<HTMLDivElement>(null);
  useEffect(() => {
    tree.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [selected]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const move = treeMove(rows, selected, event.key);
    if (!move) return;
    event.preventDefault();
    if ('focus' in move) onSelect(move.focus);
    else if ('open' in move) onOpen(move.open, true);
    else onOpen(move.close, false);
  };
  return (
    <div
      ref={tree}
      role="tree"
      className={`scroll ${classes.tree ?? ''}`}
      aria-label={t('tree.label')}
      aria-activedescendant={rows.some(({ department }) => department.id === selected) ? rowId(selected) : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onContextMenu={(event) => {
        event.preventDefault();
        // The menu key has no pointer: it means the selected row.
        const row = event.target instanceof Element ? event.target.closest('[data-id]') : null;
        const box = (row ?? event.currentTarget.querySelector('[aria-selected="true"]'))?.getBoundingClientRect();
        const id = row?.getAttribute('data-id') ?? selected;
        onMenu(id, { x: event.clientX || (box?.left ?? 0) + INDENT_PX, y: event.clientY || (box?.bottom ?? 0) });
      }}
    >
      {rows.map((row) => (
        <Row key={row.department.id} row={row} selected={row.department.id === selected} onSelect={onSelect} onOpen={onOpen} />
      ))}
    </div>
  );
}

interface RowProps {
  row: TreeRow;
  selected: boolean;
  onSelect: (id: string) => void;
  onOpen: (id: string, open: boolean) => void;
}

function Row({ row, selected, onSelect, onOpen }: RowProps) {
  const { department, depth, position, siblings, expandable, expanded } = row;
  const Chevron = expanded ? IconChevronDown : IconChevronRight;
  return (
    <div
      role="treeitem"
      id={rowId(department.id)}
      data-id={department.id}
      aria-level={depth}
      aria-posinset={position}
      aria-setsize={siblings}
      aria-selected={selected}
      {...(expandable ? { 'aria-expanded': expanded } : {})}
      className={clsx(classes.row, selected && classes.selected)}
      style={{ paddingLeft: 8 + (depth - 1) * INDENT_PX }}
      onClick={() => onSelect(department.id)}
    >
      <span
        className={classes.chevron}
        aria-hidden
        onClick={(event) => {
          if (!expandable) return;
          event.stopPropagation();
          onOpen(department.id, !expanded);
        }}
      >
        {expandable && <Chevron size={14} stroke={1.8} />}
        {department.id === EVERYBODY && <IconUsers size={15} stroke={1.7} />}
      </span>
      <span className={classes.name}>{department.name}</span>
      {department.id !== EVERYBODY && <span className={classes.count}>{department.total}</span>}
    </div>
  );
}
