/** A level with this `role_required` asks the manager of who wants it approved, as the directory has them. */
export const MANAGER_OF_REQUESTER = 'manager_of_requester';

export type Decision = 'approved' | 'rejected';

/** When enough have decided alike: one, everybody, so many, such a share of those who vote, or such a weight together. */
export type Threshold =
  'any' | 'all' | { at_least: number } | { percentage: number } | { weight: number };

/** How several people decide one level. */
export interface LevelPolicy {
  /** How many vote, or who: subjects or external ids. Null: as many as are entitled; one vote may then settle it. */
  voters: number | readonly string[] | null;
  approve_when: Threshold;
  reject_when: Threshold;
  /** What a vote counts, by a voter's name or else by the greatest of their roles; 1 where neither stands here. */
  weights: Readonly<Record<string, number>>;
  /** A rejection by somebody with one of these roles rejects at once. */
  veto_roles: string[];
}

/** A vote as it was counted. */
export interface CastVote {
  /** Whose vote it is, by the name that the policy knows them by. */
  voter: string;
  /** Who decided, as told. */
  decided_by: string;
  /** Whom they acted for. */
  on_behalf_of: string | null;
  decision: Decision;
  weight: number;
  /** Rejecting, it rejects alone. */
  veto: boolean;
}

export type LevelStatus = 'pending' | 'asked' | 'approved' | 'rejected' | 'bypassed' | 'superseded';

/** One level of an approval step as it stands. */
export interface LevelState {
  level: number;
  /** Any one of these roles; empty: anybody. */
  roles: readonly string[];
  department_required: string | null;
  minimum_level: number;
  parallel_approval: boolean;
  status: LevelStatus;
  decided_by: string | null;
  /** The bypass condition that held. */
  bypassed_by: string | null;
  /** Of a level that several people decide: how, and what came in so far. */
  policy?: LevelPolicy;
  votes?: readonly CastVote[];
  /** It was asked because levels below did not answer in time: what it decides goes for them, too. */
  escalated?: true;
}

/** A person who decides on an approval, as the directory says or the caller vouches. */
export interface Approver {
  /** As history names them. */
  id: string;
  roles: readonly string[];
  department: string | null;
  management_level: number | null;
  /** For whom they act: what entitles is that person's, not their own. */
  on_behalf_of?: string | null;
  /** Every name of the person who is entitled; left out: `id` alone. */
  names?: readonly string[];
}
