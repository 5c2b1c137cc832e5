import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { CopyButton } from '../../../ui/copy-button';
import { Drawer } from '../../../ui/drawer';
import { EmptyState } from '../../../ui/empty-state';
import { FieldList } from '../../../ui/field-list';
import { IconCircleCheck, IconClipboardList } from '../../../ui/icons';
import { Textarea } from '../../../ui/textarea';
import { useToast } from '../../../ui/toast';
import type { Request } from '../cases';
import { requestsQuery, useReviewRequest, useWithdrawRequest } from '../queries';
import classes from './request-drawer.module.css';
import { RequestSteps } from './request-steps';

/** One request: what is asked for, who has looked at it, and my answer. */
export function RequestDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation('org');
  const lists = [useQuery(requestsQuery('to_review', 'open')), useQuery(requestsQuery('mine', '')), useQuery(requestsQuery('all', ''))];
  const request = lists.flatMap(({ data }) => data ?? []).find((one) => one.id === id);
  // Made by an approval here; nobody can read it anywhere else.
  const [invitation, setInvitation] = useState('');
  // Here and not beside its buttons: after it, they are gone, and so may be the request.
  const toast = useToast();
  const review = useReviewRequest();
  const answer = (approve: boolean, comment: string) =>
    review.mutate(
      { id, approve, comment },
      {
        onSuccess: (after) => {
          toast(t(approve ? 'requests.approved' : 'requests.refused'));
          if (after.invitation) setInvitation(after.invitation);
          if (after.request.kind === '') onClose();
        },
      },
    );
  if (!request) {
    return (
      <Drawer title={t('requests.drawer')} onClose={onClose}>
        {lists.every(({ isPending }) => !isPending) && !review.isSuccess && !review.isPending && <EmptyState icon={<IconClipboardList size={36} stroke={1.3} />} text={t('requests.gone')} />}
      </Drawer>
    );
  }
  return (
    <Drawer title={t('requests.drawer')} onClose={onClose} footer={<Answer request={request} pending={review.isPending} error={review.error} onAnswer={answer} />}>
      <h3 className={classes.title}>{t(`requests.title.${request.kind}`, { name: request.subject })}</h3>
      {invitation && <Invitation link={invitation} />}
      <FieldList
        fields={[
          ...request.fields.map(({ name, from, to }) => ({ label: fieldLabel(name), value: <Change from={fieldValue(name, from)} to={fieldValue(name, to)} /> })),
          ...(request.note ? [{ label: t('requests.noteLabel'), value: request.note }] : []),
        ]}
      />
      <h4 className={classes.heading}>{t('requests.steps')}</h4>
      <RequestSteps request={request} />
    </Drawer>
  );

  function fieldValue(name: string, value: string): string {
    return name === 'kind' && (value === 'regular' || value === 'probation' || value === 'external') ? t(`kind.${value}`) : value;
  }

  function fieldLabel(name: string): string {
    // Names of fields come from the backend.
    return (t as unknown as (keys: string[], params: object) => string)([`requests.field.${name}`, 'plain'], { text: name });
  }
}

function Change({ from, to }: { from: string; to: string }) {
  const { t } = useTranslation('org');
  if (from === '') return to || '—';
  return (
    <>
      <s className={classes.from}>{from}</s> → {to || t('requests.emptied')}
    </>
  );
}

function Invitation({ link }: { link: string }) {
  const { t } = useTranslation('org');
  return (
    <div className={classes.invitation}>
      <Banner tone="success" icon={<IconCircleCheck size={16} stroke={1.8} />}>
        {t('requests.invited')}
      </Banner>
      <code className={`selectable ${classes.link ?? ''}`} data-testid="invitation-link" title={link}>
        {link}
      </code>
      <CopyButton kind="primary" text={link} label={t('requests.copy')} />
    </div>
  );
}

interface AnswerProps {
  request: Request;
  pending: boolean;
  /** Why the last answer was refused, null otherwise. */
  error: Error | null;
  onAnswer: (approve: boolean, comment: string) => void;
}

function Answer({ request, pending, error, onAnswer }: AnswerProps) {
  const { t } = useTranslation('org');
  const reasonOf = useFaultText();
  const withdraw = useWithdrawRequest();
  const [comment, setComment] = useState('');
  const [refusing, setRefusing] = useState(false);
  if (request.state !== 'open') return null;
  const failure = error ?? withdraw.error;
  const answer = (approve: boolean) => {
    setRefusing(!approve);
    if (approve || comment.trim() !== '') onAnswer(approve, comment.trim());
  };
  return (
    <div className={classes.answer}>
      {failure && (
        <Banner tone="danger" alert>
          {t('department.failed', { reason: reasonOf(failure) })}
        </Banner>
      )}
      {request.canReview && (
        <>
          <Textarea
            label={t('requests.comment')}
            minRows={2}
            maxRows={5}
            value={comment}
            onChange={setComment}
            error={refusing && comment.trim() === '' ? t('requests.commentRequired') : undefined}
          />
          <div className={classes.buttons}>
            <Button loading={pending} onClick={() => answer(false)}>
              {t('requests.refuse')}
            </Button>
            <Button kind="primary" loading={pending} onClick={() => answer(true)}>
              {t('requests.approve')}
            </Button>
          </div>
        </>
      )}
      {request.canWithdraw && (
        <div className={classes.buttons}>
          <Button loading={withdraw.isPending} onClick={() => withdraw.mutate(request.id)}>
            {t('requests.withdraw')}
          </Button>
        </div>
      )}
    </div>
  );
}
