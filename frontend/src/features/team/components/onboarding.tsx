import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ReactNode } from 'react';
import { useNewPassphrase } from '../../../ui/use-new-passphrase';
import { stageOf } from '../model';
import { joinQuery } from '../queries';
import { EMPTY_DRAFT } from '../draft';
import type { Draft, Way } from '../draft';
import { FoundForm } from './found-form';
import { Frame } from '../../../ui/frame';
import { JoinForm } from './join-form';
import { JoinScreen } from './join-screen';
import { LinkForm } from './link-form';
import { RecoverForm } from './recover-form';
import { RestoreForm } from './restore-form';
import { ResumeForm } from './resume-form';
import { Welcome } from './welcome';

/** The way into a team; shows the app once this device is in one. */
export function Onboarding({ ready, children }: { ready: boolean; children: ReactNode }) {
  const { data: progress } = useQuery(joinQuery);
  const [page, setPage] = useState<Way | null>(null);
  // What was typed survives a failed attempt.
  const [draft, setDraft] = useState<Draft>(EMPTY_DRAFT);
  const secret = useNewPassphrase(draft.profile.staffNo, draft.profile.name);
  // The way that was taken last: a failure leads back to its form.
  const [way, setWay] = useState<Way>('join');
  const choose = (next: Way) => {
    setWay(next);
    setPage(next);
  };
  const [seenFailure, setSeenFailure] = useState('');
  const [entered, setEntered] = useState(false);

  if (!progress) return ready ? children : <Frame>{null}</Frame>;
  const joining = stageOf(progress.step) !== null;
  const failed = progress.step === 'failed' && progress.since !== seenFailure;
  if (ready && (!joining || entered)) return children;
  if (joining || (failed && !ready)) {
    return (
      <Frame>
        <JoinScreen
          progress={progress}
          draft={draft}
          secret={secret}
          way={way}
          member={ready}
          onEnter={() => setEntered(true)}
          onBack={() => {
            setSeenFailure(progress.since);
            setPage(way);
          }}
        />
      </Frame>
    );
  }
  if (progress.step === 'paused') {
    return (
      <Frame>
        <ResumeForm />
      </Frame>
    );
  }
  const form = { draft, secret, onDraft: setDraft, onBack: () => setPage(null) };
  return (
    <Frame width={page === 'recover' || page === 'restore' ? 'wide' : 'normal'}>
      {page === null && <Welcome onWay={choose} />}
      {page === 'found' && <FoundForm {...form} />}
      {page === 'join' && <JoinForm {...form} />}
      {page === 'link' && <LinkForm {...form} />}
      {page === 'recover' && <RecoverForm {...form} />}
      {page === 'restore' && <RestoreForm onBack={form.onBack} />}
    </Frame>
  );
}
