import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ReactNode } from 'react';
import { stageOf } from '../model';
import { joinQuery } from '../queries';
import { EMPTY_DRAFT } from '../draft';
import type { Draft } from '../draft';
import { FoundForm } from './found-form';
import { Frame } from './frame';
import { JoinForm } from './join-form';
import { JoinScreen } from './join-screen';
import { Welcome } from './welcome';

type Page = 'welcome' | 'found' | 'join';

/** The way into a team; shows the app once this device is in one. */
export function Onboarding({ ready, children }: { ready: boolean; children: ReactNode }) {
  const { data: progress } = useQuery(joinQuery);
  const [page, setPage] = useState<Page>('welcome');
  // What was typed survives a failed attempt.
  const [draft, setDraft] = useState<Draft>(EMPTY_DRAFT);
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
          member={ready}
          onEnter={() => setEntered(true)}
          onBack={() => {
            setSeenFailure(progress.since);
            setPage('join');
          }}
        />
      </Frame>
    );
  }
  const back = () => setPage('welcome');
  return (
    <Frame>
      {page === 'welcome' && <Welcome onJoin={() => setPage('join')} onFound={() => setPage('found')} />}
      {page === 'found' && <FoundForm draft={draft} onDraft={setDraft} onBack={back} />}
      {page === 'join' && <JoinForm draft={draft} onDraft={setDraft} onBack={back} />}
    </Frame>
  );
}
