import type { Feature } from '../../platform/feature';

export const feature: Feature = { id: 'connections' };
