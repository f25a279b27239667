export { checkPositions, checkSoundness, type SoundnessOptions } from './soundness.js';
export type { Finding, FindingCode, PathStep, SoundnessReport } from './types.js';
