import { Button as MantineButton, Tooltip } from '@mantine/core';
import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import classes from './button.module.css';

export interface ButtonProps {
  children: ReactNode;
  /** One primary per area. Danger says what is lost. */
  kind?: 'primary' | 'default' | 'ghost' | 'danger';
  /** 34 px, or 30 px in bars. */
  size?: 'md' | 'sm';
  icon?: ReactNode;
  onClick?: () => void;
  type?: 'button' | 'submit';
  /** The id of the form that it submits, when it stands outside of it. */
  form?: string;
  /** Keeps the width and takes no clicks. */
  loading?: boolean;
  /** Disables the button and says why in its tooltip; "" leaves it enabled. */
  disabledReason?: string;
  fullWidth?: boolean;
  autoFocus?: boolean;
  /** Begins with what is seen, and says what it is about where several look the same. */
  'aria-label'?: string;
  'aria-expanded'?: boolean;
  'aria-haspopup'?: 'dialog' | 'menu';
}

const VARIANT = { primary: 'filled', default: 'default', ghost: 'subtle', danger: 'filled' } as const;

export function Button({ kind = 'default', size = 'md', icon, type = 'button', loading = false, disabledReason = '', fullWidth = false, onClick, ...rest }: ButtonProps) {
  const disabled = disabledReason !== '';
  const button = (
    <MantineButton
      {...rest}
      type={disabled ? 'button' : type}
      variant={VARIANT[kind]}
      leftSection={icon}
      loading={loading}
      // Not the attribute "disabled": a disabled button is left out of the tab order, and its reason could not be read.
      {...(disabled ? { 'data-disabled': true, 'aria-disabled': true } : {})}
      onClick={disabled ? undefined : onClick}
      fullWidth={fullWidth}
      className={clsx(classes.button, classes[size], classes[kind])}
      classNames={{ section: classes.section ?? '' }}
    />
  );
  if (!disabled) return button;
  return <Tooltip label={disabledReason}>{button}</Tooltip>;
}
