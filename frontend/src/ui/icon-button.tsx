import { ActionIcon, Tooltip } from '@mantine/core';
import type { ReactNode, Ref } from 'react';
import classes from './icon-button.module.css';

export interface IconButtonProps {
  /** Tooltip and name for screen readers. */
  label: string;
  /** An icon: 18–20 px in the 32 px button, 15–16 px in the 30 px one. */
  children: ReactNode;
  onClick?: (event: React.MouseEvent<HTMLButtonElement>) => void;
  size?: 'md' | 'sm';
  /** Something that it switches is on. Sets aria-pressed. */
  active?: boolean;
  disabledReason?: string;
  tooltipSide?: 'top' | 'bottom' | 'left' | 'right';
  ref?: Ref<HTMLButtonElement>;
  'aria-expanded'?: boolean;
  'aria-haspopup'?: 'dialog' | 'menu' | 'listbox';
}

export function IconButton({ label, children, onClick, size = 'md', active, disabledReason = '', tooltipSide = 'top', ...rest }: IconButtonProps) {
  const disabled = disabledReason !== '';
  return (
    <Tooltip label={disabled ? disabledReason : label} position={tooltipSide}>
      <ActionIcon
        {...rest}
        variant="subtle"
        color="gray"
        aria-label={label}
        aria-pressed={active}
        data-active={active ?? undefined}
        {...(disabled ? { 'data-disabled': true, 'aria-disabled': true } : {})}
        onClick={disabled ? undefined : onClick}
        size={size === 'sm' ? 30 : 32}
        className={classes.button}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
