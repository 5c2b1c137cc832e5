// THE list of features. Adding one: a line here, and one for its texts in i18next.d.ts.

import { feature as account } from '../features/account/routes';
import { feature as announcement } from '../features/announcement/routes';
import { feature as audit } from '../features/audit/routes';
import { feature as backup } from '../features/backup/routes';
import { feature as chat } from '../features/chat/routes';
import { feature as connections } from '../features/connections/routes';
import { feature as org } from '../features/org/routes';
import { feature as rules } from '../features/rules/routes';
import { feature as settings } from '../features/settings/routes';
import { feature as team } from '../features/team/routes';
import type { Role } from '../platform/api';
import type { Feature } from '../platform/feature';

export const features: readonly Feature[] = [chat, org, announcement, rules, audit, backup, account, team, connections, settings];

export type Screen = NonNullable<Feature['screen']>;

/** The screens of the rail, in order. With a role, those that someone in it finds there. */
export function screensOf(list: readonly Feature[], place: Screen['place'], role?: Role): Screen[] {
  return list
    .flatMap(({ screen }) => (screen?.place === place ? [screen] : []))
    .filter(({ roles }) => role === undefined || roles === undefined || roles.includes(role))
    .sort((a, b) => a.order - b.order);
}
