/**
 * A number from 0 up to, and without, 1 that depends on its keys alone: the same in any order of asking, so that what
 * one definition draws for a piece of work, another draws for the same (common random numbers: A. M. Law, "Simulation
 * Modeling and Analysis", 5th ed., McGraw-Hill 2015, §11.2). FNV-1a over the keys, mixed as in murmur3's finalizer.
 */
export function chance(seed: number, ...keys: readonly (string | number)[]): number {
  let hash = (seed ^ 0x811c9dc5) >>> 0;
  for (const key of keys) {
    const text = String(key);
    for (let at = 0; at < text.length; at += 1) {
      hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    }
    // so that ('a', 'bc') is not ('ab', 'c')
    hash = Math.imul(hash ^ 0x1f, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
