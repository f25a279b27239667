import type { Fault } from '#engine/errors';

import type { CastVote, Decision, LevelPolicy, Threshold } from './types.js';

/** What votes have come to, and why, in words. */
export interface Settlement {
  decision: Decision;
  reason: string;
}

/**
 * What these votes settle; undefined while what is still to come could turn it. A level closes with the first of: a
 * veto, enough approvals, enough rejections, or approvals that can no longer become enough.
 * @param votes in their order, none by a person twice
 */
export function settle(policy: LevelPolicy, votes: readonly CastVote[]): Settlement | undefined {
  const veto = votes.find((vote) => vote.veto && vote.decision === 'rejected');
  if (veto) return { decision: 'rejected', reason: `${veto.decided_by} has a veto.` };
  const voters = votersOf(policy);
  for (const decision of ['approved', 'rejected'] as const) {
    const when = decision === 'approved' ? policy.approve_when : policy.reject_when;
    const alike = votes.filter((vote) => vote.decision === decision);
    if (isMet(when, alike, voters)) {
      return { decision, reason: `${alike.length} ${decision}: ${inWords(when, voters)}.` };
    }
  }
  if (voters === null) return undefined;
  const approvals = votes.filter((vote) => vote.decision === 'approved');
  const most = [...approvals, ...stillToCome(policy, votes, voters)];
  if (isMet(policy.approve_when, most, voters)) return undefined;
  const left = voters - votes.length;
  const reason = `${approvals.length} approved and ${left} could still: ${inWords(policy.approve_when, voters)} cannot be reached.`;
  return { decision: 'rejected', reason };
}

/** How many may vote; null: not known. */
export function votersOf({ voters }: LevelPolicy): number | null {
  return voters === null || typeof voters === 'number' ? voters : voters.length;
}

/** What the vote of somebody counts. */
export function weightOf(
  { weights }: LevelPolicy,
  names: readonly string[],
  roles: readonly string[],
): number {
  const named = names.find((name) => Object.hasOwn(weights, name));
  if (named !== undefined) return weights[named] ?? 1;
  const own = roles.flatMap((role) => (Object.hasOwn(weights, role) ? [weights[role] ?? 1] : []));
  return own.length === 0 ? 1 : Math.max(...own);
}

function isMet(
  when: Threshold,
  alike: readonly Pick<CastVote, 'weight'>[],
  voters: number | null,
): boolean {
  if (when === 'any') return alike.length > 0;
  if (when === 'all') return voters !== null && alike.length >= voters;
  if ('at_least' in when) return alike.length >= when.at_least;
  if ('percentage' in when) {
    return voters !== null && alike.length * 100 >= when.percentage * voters;
  }
  return alike.reduce((sum, { weight }) => sum + weight, 0) >= when.weight;
}

/** The votes of those who have not voted, at the most that each could count. */
function stillToCome(
  { voters: named, weights }: LevelPolicy,
  votes: readonly CastVote[],
  voters: number,
): { weight: number }[] {
  const left = Math.max(0, voters - votes.length);
  const greatest = Math.max(1, ...Object.values(weights));
  if (named === null || typeof named === 'number') {
    return Array.from({ length: left }, () => ({ weight: greatest }));
  }
  // by a role a vote may count more than its voter's name tells; only names that carry a weight are certain
  const voted = new Set(votes.map(({ voter }) => voter));
  return named
    .filter((name) => !voted.has(name))
    .slice(0, left)
    .map((name) => ({ weight: Object.hasOwn(weights, name) ? (weights[name] ?? 1) : greatest }));
}

function inWords(when: Threshold, voters: number | null): string {
  if (when === 'any') return 'one is enough';
  if (when === 'all') return `all ${voters} are needed`;
  const of = voters === null ? '' : ` of ${voters}`;
  if ('at_least' in when) return `${when.at_least}${of} are needed`;
  if ('percentage' in when) return `${when.percentage} percent${of} are needed`;
  return `a weight of ${when.weight} is needed`;
}

/** What is wrong with a policy of the right shape, by JSON pointer. */
export function policyFaults(policy: LevelPolicy, at: string): Fault[] {
  const voters = votersOf(policy);
  const faults: Fault[] = [];
  if (Array.isArray(policy.voters) && new Set(policy.voters).size < policy.voters.length) {
    const message = 'Each voter is named once.';
    faults.push({ pointer: `${at}/voters`, code: 'duplicate_voter', message });
  }
  for (const field of ['approve_when', 'reject_when'] as const) {
    const when = policy[field];
    const pointer = `${at}/${field}`;
    const ofAll = when === 'all' || (typeof when === 'object' && 'percentage' in when);
    if (ofAll && voters === null) {
      const message = 'Say in voters who votes, or how many: all and a percentage are of them.';
      faults.push({ pointer, code: 'voters_required', message });
    }
    if (
      typeof when === 'object' &&
      'at_least' in when &&
      voters !== null &&
      when.at_least > voters
    ) {
      const message = `Only ${voters} vote, so ${when.at_least} can never decide alike.`;
      faults.push({ pointer, code: 'threshold_unreachable', message });
    }
  }
  const most = voters === null ? null : stillToCome(policy, [], voters);
  const { approve_when } = policy;
  if (most && typeof approve_when === 'object' && 'weight' in approve_when) {
    const sum = most.reduce((total, { weight }) => total + weight, 0);
    if (sum < approve_when.weight) {
      const message = `All together weigh ${sum} at most.`;
      faults.push({ pointer: `${at}/approve_when`, code: 'threshold_unreachable', message });
    }
  }
  return faults;
}
