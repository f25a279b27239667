import {
  type Act,
  type Hierarchy,
  type Level,
  type Participant,
  PEOPLE,
  type Policy,
  type Sequence,
  type Threshold,
} from '../factories/approval.arbitrary.js';

/** A vote, by the names that its row has. */
export interface ModelVote {
  entry: number;
  level: number;
  decision: 'approved' | 'rejected';
  decided_by: string;
  on_behalf_of: string | null;
}

export interface ModelAudit {
  operation: string;
  actor: string;
  on_behalf_of: string | null;
}

interface Ballot {
  voter: string;
  /** Of whom voted, and for whom. */
  people: string[];
  yes: boolean;
  weight: number;
  veto: boolean;
}

interface ModelLevel {
  rules: Level;
  status: string;
  decided: boolean;
  escalated: boolean;
  ballots: Ballot[];
}

const INSTANCE = '/workflows/{workflow_id}/instances/{workflow_instance_id}';
const POST = (route: string): string => `POST ${INSTANCE}/steps/{step_id}/${route}`;
const byName = (name: string): Participant => {
  const found = PEOPLE.find(({ subject }) => subject === name);
  if (!found) throw new Error(`${name} is nobody here`);
  return found;
};
/** One name for all names of a person. */
const keyOf = (name: string): string => {
  const bare = name.replace(/^user:/, '');
  return PEOPLE.find(({ external_id }) => external_id === bare)?.subject ?? bare;
};

/**
 * What docs/approvals.md says, as plainly as it can be written, apart from the engine: one request that goes through
 * `request`, `approval` and `pay`.
 */
export class ApprovalModel {
  at: 'request' | 'approval' | 'pay' | 'end' = 'request';
  outcome: 'completed' | 'rejected' | null = null;
  votes: ModelVote[] = [];
  audit: ModelAudit[] = [];
  levels: ModelLevel[] = [];
  private entry = 0;
  private question = false;
  private readonly requesters = new Set<string>();
  private readonly acted = new Set<string>();

  constructor(
    private readonly hierarchy: Hierarchy,
    private readonly sequence: Sequence,
  ) {
    this.requesters.add(sequence.started_by);
    if (sequence.requester !== null) this.requesters.add(keyOf(sequence.requester));
    this.note('POST /workflows/{workflow_id}/instances', sequence.started_by, null);
  }

  /** @returns the code of the refusal, or `done` */
  act(act: Act): string {
    switch (act.type) {
      case 'approve':
      case 'reject':
        return this.vote(act);
      case 'send-back':
        return this.sendBack(act);
      case 'ask':
        return this.ask(act);
      case 'answer':
        return this.answer(act.who);
      case 'escalate':
        return this.escalate();
      case 'request':
        return this.request(act.who, act.requester);
      case 'pay':
        return this.pay(act.who);
    }
  }

  private request(who: string, requester: string | null): string {
    const elsewhere = this.notAt('request');
    if (elsewhere) return elsewhere;
    if (requester !== null) this.requesters.add(keyOf(requester));
    this.note(POST('complete'), who, null);
    this.enterApproval();
    return 'done';
  }

  private pay(who: string): string {
    const elsewhere = this.notAt('pay');
    if (elsewhere) return elsewhere;
    if (this.acted.has(who)) return 'duties_not_separate';
    this.note(POST('complete'), who, null);
    this.end('completed');
    return 'done';
  }

  private vote({
    type,
    who,
    level: wanted,
    for: absent,
  }: Extract<Act, { type: 'approve' | 'reject' }>): string {
    const refusal = this.mayDecide(who, absent, wanted);
    if (typeof refusal === 'string') return refusal;
    const level = refusal;
    const people = absent === null ? [who] : [who, absent];
    const { policy } = level.rules;
    const isSecond = level.ballots.some((ballot) =>
      ballot.people.some((one) => people.includes(one)),
    );
    if (policy && isSecond) return 'approval_already_given';
    const yes = type === 'approve';
    const entitled = byName(absent ?? who);
    level.decided = true;
    level.ballots.push({
      voter: absent ?? who,
      people,
      yes,
      weight: policy ? weightOf(policy, entitled) : 1,
      veto: policy?.veto_roles.some((role) => entitled.roles.includes(role)) ?? false,
    });
    this.votes.push({
      entry: this.entry,
      level: level.rules.level,
      decision: yes ? 'approved' : 'rejected',
      decided_by: `user:${who}`,
      on_behalf_of: absent === null ? null : `E-${absent}`,
    });
    for (const one of people) this.acted.add(one);
    this.note(POST(type), who, absent);
    const settled = policy ? comeTo(policy, level.ballots) : type;
    if (settled !== null) this.close(level, settled);
    return 'done';
  }

  private close(level: ModelLevel, settled: 'approve' | 'reject'): void {
    level.status = settled === 'approve' ? 'approved' : 'rejected';
    if (settled === 'reject') return this.end('rejected');
    if (level.escalated) {
      for (const below of this.levels) {
        if (below.status === 'asked' && below.rules.level < level.rules.level) {
          below.status = 'superseded';
        }
      }
    }
    this.askOn();
  }

  private sendBack({ who, for: absent }: { who: string; for: string | null }): string {
    const refusal = this.mayDecide(who, absent, null);
    if (typeof refusal === 'string') return refusal;
    this.note(POST('send-back'), who, absent);
    this.question = false;
    this.at = 'request';
    return 'done';
  }

  private ask({ who, for: absent }: { who: string; for: string | null }): string {
    const refusal = this.mayDecide(who, absent, null);
    if (typeof refusal === 'string') return refusal;
    if (this.question) return 'information_awaited';
    this.question = true;
    this.note(POST('ask'), who, absent);
    return 'done';
  }

  private answer(who: string): string {
    const elsewhere = this.notAt('approval');
    if (elsewhere) return elsewhere;
    if (!this.question) return 'information_not_asked';
    if (!this.requesters.has(who)) return 'not_the_requester';
    this.question = false;
    this.note(POST('answer'), who, null);
    return 'done';
  }

  private escalate(): string {
    const elsewhere = this.notAt('approval');
    if (elsewhere) return elsewhere;
    this.note('PUT /conditional/route', 'otto', null);
    const asked = this.levels.filter(({ status }) => status === 'asked');
    const highest = Math.max(...asked.map(({ rules }) => rules.level));
    for (const level of this.levels) {
      if (level.status !== 'pending' || level.rules.level < highest) continue;
      if (this.isBypassed(level)) {
        level.status = 'bypassed';
        continue;
      }
      level.status = 'asked';
      level.escalated = true;
      break;
    }
    return 'done';
  }

  private enterApproval(): void {
    this.at = 'approval';
    this.entry += 1;
    const { levels, required_roles } = this.hierarchy;
    const lowest = levels.findIndex(({ role_required }) => required_roles.includes(role_required));
    this.levels = (lowest === -1 ? levels : levels.slice(lowest)).map((rules) => ({
      rules,
      status: 'pending',
      decided: false,
      escalated: false,
      ballots: [],
    }));
    this.askOn();
  }

  /** While nobody is asked: the next level, and those above it as long as each is asked together with its next. */
  private askOn(): void {
    while (!this.levels.some(({ status }) => status === 'asked')) {
      const pending = this.levels.filter(({ status }) => status === 'pending');
      if (pending.length === 0) {
        this.question = false;
        this.at = 'pay';
        return;
      }
      for (const level of pending) {
        level.status = this.isBypassed(level) ? 'bypassed' : 'asked';
        if (!level.rules.parallel_approval) break;
      }
    }
  }

  private isBypassed({ rules }: ModelLevel): boolean {
    const { amount } = this.sequence;
    return rules.bypass_conditions.some(
      (condition) =>
        (condition === 'amount < 100' && amount < 100) ||
        (condition === 'amount < 50' && amount < 50),
    );
  }

  private mayDecide(
    who: string,
    absent: string | null,
    wanted: number | null,
  ): string | ModelLevel {
    if (absent !== null && !byName(who).substitutes.includes(absent)) return 'not_substitute';
    const elsewhere = this.notAt('approval');
    if (elsewhere) return elsewhere;
    const asked = this.levels.filter(
      ({ status, rules }) => status === 'asked' && (wanted === null || rules.level === wanted),
    );
    if (asked.length === 0) {
      const named = this.levels.find(({ rules }) => rules.level === wanted);
      return named?.decided ? 'approval_already_given' : 'approval_not_asked';
    }
    const entitled = byName(absent ?? who);
    const level = asked.find(({ rules }) => this.isEntitled(entitled, rules));
    if (!level) return 'approver_not_entitled';
    const people = absent === null ? [who] : [who, absent];
    if (people.some((one) => this.requesters.has(one))) return 'own_approval';
    return level;
  }

  private isEntitled(one: Participant, { role_required, ...rules }: Level): boolean {
    const managed = PEOPLE.some(
      ({ subject, manager }) => this.requesters.has(subject) && manager === one.subject,
    );
    const hasRole =
      role_required === 'manager_of_requester' ? managed : one.roles.includes(role_required);
    const { voters } = rules.policy ?? { voters: null };
    return (
      hasRole &&
      (rules.department_required === null || one.department === rules.department_required) &&
      (rules.minimum_level <= 1 || one.management_level >= rules.minimum_level) &&
      (!Array.isArray(voters) || voters.some((name) => keyOf(name) === one.subject))
    );
  }

  private notAt(step: 'request' | 'approval' | 'pay'): string | null {
    if (this.at === 'end') return 'instance_not_running';
    return this.at === step ? null : 'step_not_current';
  }

  private end(outcome: 'completed' | 'rejected'): void {
    this.at = 'end';
    this.outcome = outcome;
  }

  private note(operation: string, who: string, absent: string | null): void {
    const on_behalf_of = absent === null ? null : `E-${absent}`;
    this.audit.push({ operation, actor: `user:${who}`, on_behalf_of });
  }
}

function weightOf({ weights }: Policy, { subject, external_id, roles }: Participant): number {
  for (const name of [subject, external_id]) {
    const weight = name === null ? undefined : weights[name];
    if (weight !== undefined) return weight;
  }
  const own = roles.flatMap((role) => weights[role] ?? []);
  return own.length === 0 ? 1 : Math.max(...own);
}

/** What votes have come to: the end that every continuation would have, or a veto. */
function comeTo(policy: Policy, ballots: readonly Ballot[]): 'approve' | 'reject' | null {
  const { voters, weights, approve_when, reject_when } = policy;
  if (ballots.some(({ yes, veto }) => veto && !yes)) return 'reject';
  const all = Array.isArray(voters) ? voters.length : voters;
  const yes = ballots.filter((ballot) => ballot.yes);
  const no = ballots.filter((ballot) => !ballot.yes);
  if (reached(approve_when, yes.length, sum(yes), all)) return 'approve';
  if (reached(reject_when, no.length, sum(no), all)) return 'reject';
  if (all === null) return null;
  const most = Math.max(1, ...Object.values(weights));
  const left = Array.isArray(voters)
    ? voters
        .filter((name) => !ballots.some(({ voter }) => voter === keyOf(name)))
        .map((name) => ({ weight: weights[name] ?? most }))
    : Array.from({ length: Math.max(0, all - ballots.length) }, () => ({ weight: most }));
  const best = [...yes, ...left];
  return reached(approve_when, best.length, sum(best), all) ? null : 'reject';
}

function reached(when: Threshold, count: number, weight: number, all: number | null): boolean {
  if (when === 'any') return count >= 1;
  if (when === 'all') return count === all;
  if ('at_least' in when) return count >= when.at_least;
  if ('percentage' in when) return all !== null && (count / all) * 100 >= when.percentage - 1e-9;
  return weight >= when.weight;
}

function sum(of: readonly { weight: number }[]): number {
  return of.reduce((total, { weight }) => total + weight, 0);
}
