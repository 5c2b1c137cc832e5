import { Popover as MantinePopover } from '@mantine/core';
import type { ReactElement, ReactNode } from 'react';
import classes from './popover.module.css';

interface PopoverProps {
  opened: boolean;
  onChange: (opened: boolean) => void;
  label: string;
  width: number;
  /** The button that opens it; it must call onChange itself. */
  trigger: ReactElement;
  children: ReactNode;
  side?: 'bottom-end' | 'bottom-start' | 'top-start' | 'top-end';
  /** Whether closing gives the focus back to the trigger; not when it has gone on to where the person continues. */
  returnFocus?: boolean;
}

/** A small pane at its trigger, without padding. Esc and a click outside close it. */
export function Popover({ opened, onChange, label, width, trigger, children, side = 'bottom-end', returnFocus = true }: PopoverProps) {
  return (
    <MantinePopover opened={opened} onChange={onChange} width={width} position={side} offset={6} radius="lg" trapFocus returnFocus={returnFocus} withinPortal>
      <MantinePopover.Target>{trigger}</MantinePopover.Target>
      <MantinePopover.Dropdown className={classes.dropdown} aria-label={label}>
        {children}
      </MantinePopover.Dropdown>
    </MantinePopover>
  );
}
