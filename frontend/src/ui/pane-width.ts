import { useState } from 'react';

export interface WidthLimits {
  initial: number;
  min: number;
  max: number;
}

const KEY = 'tongzhou.width.';

export function clampWidth(px: number, { min, max }: WidthLimits): number {
  return Math.round(Math.min(max, Math.max(min, px)));
}

/** The width of a column in px, remembered on this device under a name. */
export function usePaneWidth(name: string, limits: WidthLimits): { value: number; set: (px: number) => void } {
  const [value, setValue] = useState(() => read(name, limits));
  return {
    value,
    set: (px) => {
      const next = clampWidth(px, limits);
      setValue(next);
      window.localStorage.setItem(KEY + name, String(next));
    },
  };
}

function read(name: string, limits: WidthLimits): number {
  const saved = Number(window.localStorage.getItem(KEY + name));
  return saved > 0 ? clampWidth(saved, limits) : limits.initial;
}
