import { Injectable } from '@nestjs/common';
import { DomainError } from '#engine/errors';
import { Database, type Tx } from '#persistence';
import type { Principal } from '#platform/auth';
import { findInactive, findNamed, type PersonRow } from './people.queries.js';

const PERSON_MARK = 'user:';

/** Who somebody is in the company. */
@Injectable()
export class Directory {
  constructor(private readonly database: Database) {}

  /** The person who calls; null of a program that is no person, and of somebody who is not (or no longer) in the directory. */
  async personOf(
    { id, subject, kind }: Principal,
    tx: Tx = this.database.read,
  ): Promise<PersonRow | null> {
    if (kind === 'anonymous') return null;
    const [person] = await findNamed(tx, [[subject ?? id]]);
    return person ?? null;
  }

  /**
   * For a caller whom the directory does not know as active: whoever it does not know at all is what their token says.
   * @throws DomainError approver_not_entitled, where it says that they are not active
   */
  async refuseInactive({ subject }: Principal): Promise<void> {
    if (subject === null) return;
    const [inactive] = await findInactive(this.database.read, [subject]);
    if (!inactive) return;
    throw new DomainError(
      'approver_not_entitled',
      'The directory has you as not active, so there is nothing that you may do. Ask an administrator.',
    );
  }

  /** The people whom these names mean: the subject of a token, with or without `user:`, or an external id. */
  async named(tx: Tx, names: readonly string[]): Promise<ReadonlyMap<string, PersonRow>> {
    if (names.length === 0) return new Map();
    const rows = await findNamed(tx, [[...new Set(names.map(bareName))]]);
    const people = new Map(rows.map(({ named, ...person }) => [named, person]));
    return new Map(
      names.flatMap((name) => {
        const person = people.get(bareName(name));
        return person ? [[name, person] as const] : [];
      }),
    );
  }
}

/** `user:anna` of history is `anna` of a token. */
export function bareName(name: string): string {
  return name.startsWith(PERSON_MARK) ? name.slice(PERSON_MARK.length) : name;
}
