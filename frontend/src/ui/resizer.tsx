import { useRef } from 'react';
import type { KeyboardEvent, PointerEvent } from 'react';
import { clampWidth } from './pane-width';
import type { WidthLimits } from './pane-width';
import classes from './resizer.module.css';

interface ResizerProps {
  label: string;
  /** The edge of its column on which it stands. */
  edge: 'left' | 'right';
  limits: WidthLimits;
  value: number;
  onChange: (px: number) => void;
}

const STEP_PX = 16;

/** Drags the edge of a column; arrow keys do the same, double click resets. */
export function Resizer({ label, edge, limits, value, onChange }: ResizerProps) {
  const start = useRef<{ x: number; width: number } | null>(null);
  const sign = edge === 'right' ? 1 : -1;

  const down = (event: PointerEvent<HTMLDivElement>) => {
    start.current = { x: event.clientX, width: value };
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent<HTMLDivElement>) => {
    if (start.current) onChange(clampWidth(start.current.width + sign * (event.clientX - start.current.x), limits));
  };
  const up = () => {
    start.current = null;
  };
  const key = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    onChange(value + sign * (event.key === 'ArrowRight' ? STEP_PX : -STEP_PX));
  };
  return (
    <div
      role="separator"
      aria-label={label}
      aria-orientation="vertical"
      aria-valuenow={value}
      aria-valuemin={limits.min}
      aria-valuemax={limits.max}
      tabIndex={0}
      className={classes.resizer}
      data-edge={edge}
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={up}
      onPointerCancel={up}
      onKeyDown={key}
      onDoubleClick={() => onChange(limits.initial)}
    />
  );
}
