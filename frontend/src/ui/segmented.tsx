import { SegmentedControl } from '@mantine/core';
import classes from './segmented.module.css';

interface SegmentedProps<V extends string> {
  label: string;
  value: V;
  options: readonly { value: V; label: string }[];
  onChange: (value: V) => void;
  /** Fills the width that is there, as in list headers. */
  fullWidth?: boolean;
}

/** Two to five views of the same thing. */
export function Segmented<V extends string>({ label, value, options, onChange, fullWidth = false }: SegmentedProps<V>) {
  return (
    <SegmentedControl
      fullWidth={fullWidth}
      size="xs"
      value={value}
      onChange={(next) => {
        onChange(next);
      }}
      data={options.map((option) => ({ ...option }))}
      aria-label={label}
      classNames={{ root: classes.root ?? '', label: classes.label ?? '', indicator: classes.indicator ?? '', control: classes.control ?? '' }}
    />
  );
}
