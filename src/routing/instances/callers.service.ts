import { Injectable } from '@nestjs/common';

import { Absences, bareName, Directory } from '#access/directory';
import type { Approver } from '#engine/approval';
import { DomainError } from '#engine/errors';
import { Database, type PersonEntity } from '#persistence';
import { type Principal, speaksForOthers } from '#platform/auth';

import type { ApproverContext, ApproverRequest } from './approvals.dto.js';

/** Who see all instances, not only those that they take part in. */
const SEES_ALL = ['viewer', 'designer', 'operator', 'approver_of_changes', 'admin'] as const;

/** Who a caller is, and for whom they may speak or act. */
@Injectable()
export class Callers {
  constructor(
    private readonly database: Database,
    private readonly directory: Directory,
    private readonly absences: Absences,
  ) {}

  /** Who acts: the caller, or whom they name. @throws DomainError speaks_for_others */
  nameOf(principal: Principal, named: string | null | undefined): string {
    if (typeof named !== 'string' || named === principal.id || named === principal.subject) {
      return principal.id;
    }
    if (speaksForOthers(principal)) return named;
    throw new DomainError(
      'speaks_for_others',
      'You speak for yourself alone; only an operator or administrator may name somebody else.',
    );
  }

  /**
   * Who decides, with what entitles them: the context of a caller who speaks for others, else the directory (and the
   * caller's own token); of a substitute, what entitles the absent person.
   * @throws DomainError speaks_for_others, not_substitute
   */
  async approverOf(request: ApproverRequest, principal: Principal): Promise<Approver> {
    const { decided_by, user_context, on_behalf_of } = request;
    const id = this.nameOf(principal, decided_by);
    if (typeof on_behalf_of === 'string') return this.substituteOf(id, on_behalf_of);
    if (user_context) {
      refuseUnlessVouched(principal);
      const { roles, department = null, management_level = null } = user_context;
      return { id, roles, department, management_level, names: [id, bareName(id)] };
    }
    const person = (await this.directory.named(this.database.read, [id])).get(id);
    if (!person && id === principal.id) await this.directory.refuseInactive(principal);
    const own = id === principal.id ? principal.business_roles : [];
    return approver(id, id, person, own);
  }

  /** The caller as they are, and the people they act for; undefined of whoever sees everything. */
  async confined(principal: Principal): Promise<Approver[] | undefined> {
    if (SEES_ALL.some((role) => principal.roles.includes(role))) return undefined;
    const { id, business_roles } = principal;
    const { own, absent } = await this.acting(id, await this.active(principal), business_roles);
    return [own, ...absent.map(({ approver: represented }) => represented)];
  }

  /**
   * In which capacities somebody acts: as they are, and for each person whose substitute they are now.
   * @param named somebody else, by subject or external id
   * @throws DomainError speaks_for_others, person_not_found
   */
  async capacities(
    principal: Principal,
    named?: string,
  ): Promise<{ own: Approver; substituting: Approver[] }> {
    const isOther = named !== undefined && this.nameOf(principal, named) !== principal.id;
    const person = isOther
      ? (await this.directory.named(this.database.read, [named])).get(named)
      : await this.directory.personOf(principal);
    if (isOther && !person) {
      throw new DomainError('person_not_found', 'The directory has nobody of that name.');
    }
    const { id, business_roles } = isOther ? { id: named, business_roles: [] } : principal;
    const { own, absent } = await this.acting(id, person ?? null, business_roles);
    const substituting = absent.map(({ name, approver: represented }) => ({
      ...represented,
      id,
      on_behalf_of: name,
    }));
    return { own, substituting };
  }

  private async acting(
    id: string,
    person: PersonEntity | null,
    business_roles: readonly string[],
  ): Promise<{ own: Approver; absent: { name: string; approver: Approver }[] }> {
    const absent = person
      ? await this.absences.substitutedBy(this.database.read, person.person_id)
      : [];
    return {
      own: approver(id, id, person ?? undefined, business_roles),
      absent: absent.map((one) => {
        const name = one.external_id;
        return { name, approver: approver(name, name, one, []) };
      }),
    };
  }

  /**
   * What a caller who speaks for themselves alone brings to a task; undefined of others, whose word counts.
   * @throws DomainError approver_not_entitled, of somebody who is not active any more
   */
  async performer(principal: Principal): Promise<Approver | undefined> {
    if (speaksForOthers(principal)) return undefined;
    const person = await this.active(principal);
    return approver(principal.id, principal.id, person ?? undefined, principal.business_roles);
  }

  /** The caller's entry in the directory; null where there is none. @throws DomainError approver_not_entitled */
  private async active(principal: Principal): Promise<PersonEntity | null> {
    const person = await this.directory.personOf(principal);
    if (!person) await this.directory.refuseInactive(principal);
    return person;
  }

  /**
   * Somebody to whom a step is given: as the directory has them, under the name that history has; or as a caller who
   * speaks for others says.
   * @throws DomainError speaks_for_others, person_not_found
   */
  async somebody(
    { assignee: name, user_context }: { assignee: string; user_context?: ApproverContext },
    principal: Principal,
  ): Promise<Approver> {
    const person = (await this.directory.named(this.database.read, [name])).get(name);
    const id = person ? nameInHistory(person) : name;
    if (user_context) {
      refuseUnlessVouched(principal);
      const { roles, department = null, management_level = null } = user_context;
      const { names = [] } = approver(id, name, person, []);
      return { id, roles, department, management_level, names };
    }
    if (person) return approver(id, name, person, []);
    throw new DomainError('person_not_found', 'The directory has nobody of that name.');
  }

  private async substituteOf(id: string, on_behalf_of: string): Promise<Approver> {
    const { read } = this.database;
    const named = await this.directory.named(read, [id, on_behalf_of]);
    const actor = named.get(id);
    const absent = named.get(on_behalf_of);
    const represented = actor ? await this.absences.substitutedBy(read, actor.person_id) : [];
    if (!absent || !represented.some(({ person_id }) => person_id === absent.person_id)) {
      throw new DomainError(
        'not_substitute',
        `${id} is not the substitute of ${on_behalf_of} at this time.`,
        { on_behalf_of },
      );
    }
    return { ...approver(id, on_behalf_of, absent, []), on_behalf_of };
  }
}

function refuseUnlessVouched(principal: Principal): void {
  if (speaksForOthers(principal)) return;
  throw new DomainError(
    'speaks_for_others',
    'What people are is in the directory; only an operator or administrator may say it in user_context.',
  );
}

/** As it is where they call themselves; else by the id that the directory has. */
function nameInHistory({ subject, external_id }: PersonEntity): string {
  if (subject === null) return external_id;
  return subject.startsWith('api_key:') ? subject : `user:${subject}`;
}

/** Every name under which somebody may stand in history. */
export function inHistory(name: string): string[] {
  return [name, `user:${name}`];
}

/** @param name by which the request knows whoever is entitled */
function approver(
  id: string,
  name: string,
  person: PersonEntity | undefined,
  further: readonly string[],
): Approver {
  const names = [name, bareName(name), person?.external_id, person?.subject];
  return {
    id,
    roles: [...new Set([...further, ...(person?.roles ?? [])])],
    department: person?.department ?? null,
    management_level: person?.management_level ?? null,
    names: [...new Set(names.filter((known) => typeof known === 'string'))],
  };
}
