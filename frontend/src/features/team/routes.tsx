import type { ReactNode } from 'react';
import type { Feature } from '../../platform/feature';

export const feature: Feature = { id: 'team' };

/** The way into a team; shows the app once there is one. */
export function Onboarding({ ready, children }: { ready: boolean; children: ReactNode }) {
  return ready ? children : null;
}
