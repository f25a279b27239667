import { Injectable } from '@nestjs/common';
import { DomainError, type Fault, ValidationError } from '#engine/errors';
import { Database, newId, type Tx } from '#persistence';
import {
  deactivatePerson,
  erasePerson,
  findByExternalId,
  findFaults,
  listPeople,
  lockDirectory,
  type PersonRow,
  readPerson,
  type SentPerson,
  upsertPeople,
} from './people.queries.js';

export interface Loaded {
  created: number;
  changed: number;
  unchanged: number;
}

export interface PeopleFilter {
  department: string | null;
  role: string | null;
  active: boolean | null;
}

/** Loads and keeps the directory. */
@Injectable()
export class People {
  constructor(private readonly database: Database) {}

  /** @throws DomainError person_exists, or ValidationError */
  async create(person: SentPerson): Promise<PersonRow> {
    return this.writing(async (tx) => {
      const [known] = await findByExternalId(tx, [person.external_id]);
      if (known) {
        const { external_id, person_id } = known;
        throw new DomainError(
          'person_exists',
          `There is a person ${external_id} already; change them, or load them with the bulk call.`,
          { external_id, person_id },
        );
      }
      await load(tx, [person], () => '');
      const [created] = await findByExternalId(tx, [person.external_id]);
      if (!created) throw new Error('A person was not stored.');
      return created;
    });
  }

  /** Replaces what is said of them; the external id stays. @throws DomainError person_not_found, or ValidationError */
  async change(person_id: string, person: Omit<SentPerson, 'external_id'>): Promise<PersonRow> {
    return this.writing(async (tx) => {
      const { external_id } = found(await readPerson(tx, [person_id]), person_id);
      await load(tx, [{ ...person, external_id }], () => '');
      return found(await readPerson(tx, [person_id]), person_id);
    });
  }

  /** All of them, new and known by their external ids, or none. @throws ValidationError with every fault */
  async load(people: readonly SentPerson[]): Promise<Loaded> {
    return this.writing((tx) => load(tx, people, (index) => `/people/${index}`));
  }

  /** @throws DomainError person_not_found */
  async read(person_id: string): Promise<PersonRow> {
    return found(await readPerson(this.database.read, [person_id]), person_id);
  }

  async list(filter: PeopleFilter, after: string | null, limit: number): Promise<PersonRow[]> {
    const { department, role, active } = filter;
    return listPeople(this.database.read, [after, department, role, active, limit]);
  }

  /** @throws DomainError person_not_found */
  async deactivate(person_id: string): Promise<PersonRow> {
    return this.writing(async (tx) => found(await deactivatePerson(tx, [person_id]), person_id));
  }

  /** @throws DomainError person_not_found */
  async erase(person_id: string): Promise<PersonRow> {
    return this.writing(async (tx) => found(await erasePerson(tx, [person_id]), person_id));
  }

  private writing<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.database.transaction(async (tx) => {
      await lockDirectory(tx, []);
      return work(tx);
    });
  }
}

async function load(
  tx: Tx,
  people: readonly SentPerson[],
  pointerTo: (index: number) => string,
): Promise<Loaded> {
  const rows = JSON.stringify(
    people.map((person, position) => ({ ...person, position, person_id: newId() })),
  );
  const faults = [...faultsWithin(people, pointerTo)];
  for (const { position, subject_taken, unknown_manager } of await findFaults(tx, [rows])) {
    const pointer = pointerTo(position);
    if (subject_taken) {
      const message = 'Another person has this subject; one token or key is one person.';
      faults.push({ pointer: `${pointer}/subject`, code: 'subject_taken', message });
    }
    if (unknown_manager) {
      const message = 'Neither the directory nor this list has such a person.';
      faults.push({ pointer: `${pointer}/manager_external_id`, code: 'unknown_manager', message });
    }
  }
  if (faults.length > 0) throw new ValidationError(faults);
  const written = await upsertPeople(tx, [rows]);
  const created = written.filter((row) => row.created).length;
  const changed = written.length - created;
  return { created, changed, unchanged: people.length - written.length };
}

function* faultsWithin(
  people: readonly SentPerson[],
  pointerTo: (index: number) => string,
): Generator<Fault> {
  const seen = { external_id: new Map<string, number>(), subject: new Map<string, number>() };
  for (const [index, person] of people.entries()) {
    const pointer = pointerTo(index);
    for (const field of ['external_id', 'subject'] as const) {
      const value = person[field];
      if (value === null) continue;
      const earlier = seen[field].get(value);
      if (earlier === undefined) {
        seen[field].set(value, index);
        continue;
      }
      const message = `${field} is already used at ${pointerTo(earlier)}; name each person once.`;
      yield { pointer: `${pointer}/${field}`, code: `duplicate_${field}`, message };
    }
    if (person.manager_external_id === person.external_id) {
      const message = 'Nobody is their own manager.';
      yield { pointer: `${pointer}/manager_external_id`, code: 'own_manager', message };
    }
  }
}

function found([person]: readonly PersonRow[], person_id: string): PersonRow {
  if (person) return person;
  throw new DomainError('person_not_found', `There is no person ${person_id} in the directory.`, {
    person_id,
  });
}
