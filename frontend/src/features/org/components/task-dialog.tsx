import { useId } from 'react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { Dialog } from '../../../ui/dialog';
import { IconAlertCircle } from '../../../ui/icons';
import classes from './form.module.css';

interface TaskDialogProps {
  title: string;
  submit: string;
  /** Red, for what cannot simply be taken back. */
  danger?: boolean;
  size?: 'sm' | 'md';
  pending: boolean;
  error: unknown;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** A short form in a dialog: Enter sends it, and what was refused stays with its reason. */
export function TaskDialog({ title, submit, danger = false, size = 'sm', pending, error, onSubmit, onClose, children }: TaskDialogProps) {
  const { t } = useTranslation(['org', 'ui']);
  const reasonOf = useFaultText();
  const form = useId();
  return (
    <Dialog
      opened
      title={title}
      size={size}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('ui:cancel')}</Button>
          <Button kind={danger ? 'danger' : 'primary'} type="submit" form={form} loading={pending}>
            {submit}
          </Button>
        </>
      }
    >
      <form
        id={form}
        className={classes.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!pending) onSubmit();
        }}
      >
        {error !== null && (
          <Banner tone="danger" icon={<IconAlertCircle size={16} stroke={1.8} />} alert>
            {t('department.failed', { reason: reasonOf(error) })}
          </Banner>
        )}
        {children}
      </form>
    </Dialog>
  );
}
