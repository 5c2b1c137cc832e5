import { queryOptions } from '@tanstack/react-query';
import { settingsApi } from './api';

/** Checks when the page opens and when asked to, not all the time: it opens ports and writes to the disk. */
export const doctorQuery = queryOptions({ queryKey: ['settings', 'doctor'], queryFn: settingsApi.doctor, staleTime: 0, gcTime: 0 });

export const deviceQuery = queryOptions({ queryKey: ['settings', 'device'], queryFn: settingsApi.deviceName });
