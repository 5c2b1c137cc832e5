// What the page expects of the backend, against the bindings that are generated from it.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type { app, audit, org, rules } from '../../wailsjs/go/models';
import type { Device, Link, LinkState } from '../features/account/model';
import type { AuditPage, AuditQuery } from '../features/audit/api';
import type { AuditExport } from '../features/audit/model';
import type { Backup } from '../features/backup/model';
import type { Connections } from '../features/connections/model';
import type { RelayLink, Relays } from '../features/connections/relays';
import type { AccountRequest, Leaving, Offboarding, OffboardPlan, Permissions, Request, ReviewResult } from '../features/org/cases';
import type { MemberPage, MemberQuery } from '../features/org/api';
import type { Department, DutyInput, Member, RoleInput } from '../features/org/model';
import type { Rule, RuleChange } from '../features/rules/model';
import type { Check } from '../features/settings/api';
import type { Invitation, InvitationPreview, JoinProgress, Profile, Restored, RestoreInput, RestoreProgress } from '../features/team/model';
import type { AppState, PassphraseCheck, PassphraseInput, Settings } from '../platform/api';

/** As the bindings know it: every text is a string, whichever ones there are. */
type Widened<T> = T extends string ? string : T extends readonly (infer E)[] ? Widened<E>[] : T extends object ? { [K in keyof T]: Widened<T[K]> } : T;

// Checked by the compiler; running it does nothing.
test('what is read is what the backend sends', () => {
  expectTypeOf<app.StateDTO>().toExtend<Widened<AppState>>();
  expectTypeOf<app.SettingsDTO>().toExtend<Widened<Settings>>();
  expectTypeOf<app.JoinDTO>().toExtend<Widened<JoinProgress>>();
  expectTypeOf<app.InvitationDTO>().toExtend<Widened<Invitation>>();
  expectTypeOf<app.InvitationPreviewDTO>().toExtend<Widened<InvitationPreview>>();
  expectTypeOf<app.ConnectionsDTO>().toExtend<Widened<Connections>>();
  expectTypeOf<app.RelaysDTO>().toExtend<Widened<Relays>>();
  expectTypeOf<app.RelayLinkDTO>().toExtend<Widened<RelayLink>>();
  expectTypeOf<app.CheckDTO>().toExtend<Widened<Check>>();
  expectTypeOf<app.PassphraseCheckDTO>().toExtend<Widened<PassphraseCheck>>();
  expectTypeOf<app.DeviceDTO>().toExtend<Widened<Device>>();
  expectTypeOf<app.BackupDTO>().toExtend<Widened<Backup>>();
  expectTypeOf<app.RestoredDTO>().toExtend<Widened<Restored>>();
  expectTypeOf<app.RestoreProgressDTO>().toExtend<Widened<RestoreProgress>>();
  expectTypeOf<app.LinkDTO>().toExtend<Widened<Link>>();
  expectTypeOf<app.LinkStateDTO>().toExtend<Widened<LinkState>>();
  expectTypeOf<org.MemberDTO>().toExtend<Widened<Member>>();
  expectTypeOf<org.MemberPageDTO>().toExtend<Widened<MemberPage>>();
  expectTypeOf<org.DepartmentDTO>().toExtend<Widened<Department>>();
  expectTypeOf<org.RequestDTO>().toExtend<Widened<Request>>();
  expectTypeOf<org.ReviewedDTO>().toExtend<Widened<ReviewResult>>();
  expectTypeOf<org.PermissionsDTO>().toExtend<Widened<Permissions>>();
  expectTypeOf<org.PlanDTO>().toExtend<Widened<OffboardPlan>>();
  expectTypeOf<org.OffboardingDTO>().toExtend<Widened<Offboarding>>();
  expectTypeOf<audit.PageDTO>().toExtend<Widened<AuditPage>>();
  expectTypeOf<audit.ExportDTO>().toExtend<Widened<AuditExport>>();
  // Values are of any type there.
  expectTypeOf<Omit<rules.RuleDTO, 'value' | 'default'>>().toExtend<Widened<Omit<Rule, 'value' | 'default'>>>();
  expectTypeOf<Omit<rules.RuleChangeDTO, 'from' | 'to'>>().toExtend<Widened<Omit<RuleChange, 'from' | 'to'>>>();
});

test('what is sent is what the backend takes', () => {
  expectTypeOf<Widened<Profile>>().toExtend<app.ProfileInput>();
  expectTypeOf<Widened<Settings>>().toExtend<app.SettingsDTO>();
  expectTypeOf<PassphraseInput>().toExtend<app.CheckPassphraseInput>();
  expectTypeOf<MemberQuery>().toExtend<org.MemberQuery>();
  expectTypeOf<Widened<RoleInput>>().toExtend<org.RoleInput>();
  expectTypeOf<DutyInput>().toExtend<org.DutyInput>();
  expectTypeOf<Widened<AccountRequest>>().toExtend<org.AccountRequestInput>();
  expectTypeOf<Widened<Leaving>>().toExtend<org.OffboardInput>();
  expectTypeOf<RestoreInput>().toExtend<app.RestoreInput>();
  expectTypeOf<AuditQuery>().toExtend<audit.Query>();
});

describe('every method that is called is bound', () => {
  const src = join(import.meta.dirname, '..');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => /(^|[\\/])api\.ts$/.test(name));
  const calls = files.flatMap((name) =>
    [...readFileSync(join(src, name), 'utf8').matchAll(/\bcall<[^(]*>\(\s*'(\w+)',\s*'(\w+)'/g)].map(([, pkg = '', method = '']) => [pkg, method, name] as const),
  );

  test('they were found', () => {
    expect(calls.length).toBeGreaterThan(30);
  });

  test.each(calls)('%s.%s, from %s', (pkg, method) => {
    const bound = readFileSync(join(src, `../wailsjs/go/${pkg}/API.d.ts`), 'utf8');
    expect(bound).toContain(`export function ${method}(`);
  });
});
