// What the page expects of the backend, against the bindings that are generated from it.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type { app } from '../../wailsjs/go/models';
import type { Connections } from '../features/connections/model';
import type { Check } from '../features/settings/api';
import type { Invitation, InvitationPreview, JoinProgress, Profile } from '../features/team/model';
import type { AppState, Settings } from '../platform/api';

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
  expectTypeOf<app.CheckDTO>().toExtend<Widened<Check>>();
});

test('what is sent is what the backend takes', () => {
  expectTypeOf<Widened<Profile>>().toExtend<app.ProfileInput>();
  expectTypeOf<Widened<Settings>>().toExtend<app.SettingsDTO>();
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
