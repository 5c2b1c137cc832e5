import { Fragment } from 'react';
import type { ReactNode } from 'react';
import classes from './field-list.module.css';

interface FieldListProps {
  fields: readonly { label: string; value: ReactNode }[];
}

/** Names and values of a thing, in the drawer. What people may copy can be selected. */
export function FieldList({ fields }: FieldListProps) {
  return (
    <dl className={classes.fields}>
      {fields.map(({ label, value }) => (
        <Fragment key={label}>
          <dt>{label}</dt>
          <dd className="selectable">{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}
