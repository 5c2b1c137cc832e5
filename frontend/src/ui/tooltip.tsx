import { Tooltip as MantineTooltip } from '@mantine/core';
import type { ReactElement } from 'react';

interface TooltipProps {
  label: string;
  children: ReactElement;
  side?: 'top' | 'bottom' | 'left' | 'right';
}

/** Not inside rows of virtual lists. */
export function Tooltip({ label, children, side = 'top' }: TooltipProps) {
  return (
    <MantineTooltip label={label} position={side}>
      {children}
    </MantineTooltip>
  );
}
