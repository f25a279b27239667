import pg from 'pg';

import { Issuer } from '../support/issuer.js';
import { type Service, startService } from '../support/service.js';

interface Person {
  person_id: string;
  external_id: string;
  name: string;
  active: boolean;
  code?: string;
}
interface Faults {
  code: string;
  errors: { pointer: string; code: string }[];
}

const person = (number: number, more = {}) => ({
  external_id: `E-${number}`,
  name: `Person ${number}`,
  ...more,
});

describe('the directory', () => {
  let issuer: Issuer;
  let service: Service;
  let admin: string;
  beforeAll(async () => {
    issuer = await Issuer.start();
    service = await startService({ env: issuer.env });
    admin = await issuer.token({ sub: 'root', roles: ['admin'] });
  });
  afterAll(async () => {
    await service.stop();
    await issuer.stop();
  });

  const as = <Body = Person>(token: string, method: string, path: string, body?: unknown) =>
    service.request<Body>(method, path, body, { authorization: `Bearer ${token}` });
  const load = <Body>(people: unknown[]) =>
    as<Body>(admin, 'POST', '/access/people/bulk', { people });

  it('takes thousands at once, and what has changed the next time', async () => {
    const people = Array.from({ length: 3_000 }, (_, number) =>
      person(number, { manager_external_id: number === 0 ? null : `E-${Math.floor(number / 10)}` }),
    );
    people[0]!.name = 'The boss';
    expect((await load(people)).body).toEqual({ created: 3_000, changed: 0, unchanged: 0 });
    const changed = people.map((one, number) => (number < 7 ? { ...one, department: 'HR' } : one));
    expect((await load(changed)).body).toEqual({ created: 0, changed: 7, unchanged: 2_993 });
    const { body } = await as<{ items: Person[] }>(admin, 'GET', '/access/people?department=HR');
    expect(body.items).toHaveLength(7);
    expect(body.items[0]).toMatchObject({ external_id: 'E-0', name: 'The boss' });
    expect(body.items[5]).toMatchObject({ external_id: 'E-5', manager_external_id: 'E-0' });
  });

  it('refuses a list with every fault in it, and takes nothing of it', async () => {
    await load([person(9_000, { subject: 'known' })]);
    const { status, body } = await load<Faults>([
      person(9_001, { manager_external_id: 'E-nobody' }),
      person(9_002, { subject: 'known' }),
      person(9_001),
      person(9_003, { manager_external_id: 'E-9003' }),
    ]);
    expect(status).toBe(400);
    expect(body.errors.map(({ pointer, code }) => `${pointer} ${code}`)).toEqual([
      '/people/2/external_id duplicate_external_id',
      '/people/3/manager_external_id own_manager',
      '/people/0/manager_external_id unknown_manager',
      '/people/1/subject subject_taken',
    ]);
    const shapes = await load<Faults>([{ external_id: 'a b', name: '', management_level: 1.5 }]);
    expect(shapes.body.errors.map(({ pointer }) => pointer).sort()).toEqual([
      '/people/0/external_id',
      '/people/0/management_level',
      '/people/0/name',
    ]);
  });

  it('creates, changes, deactivates and erases a person, and says who calls', async () => {
    const anna = {
      ...person(9_100),
      subject: 'anna',
      email: 'anna@example.com',
      roles: ['manager'],
    };
    const { body: created, status } = await as(admin, 'POST', '/access/people', anna);
    expect(status).toBe(201);
    const again = await as(admin, 'POST', '/access/people', anna);
    expect([again.status, again.body.code]).toEqual([409, 'person_exists']);
    const path = `/access/people/${created.person_id}`;

    const token = await issuer.token({ sub: 'anna', roles: ['participant', 'auditor'] });
    expect((await as(token, 'GET', '/access/me')).body).toMatchObject({
      id: 'user:anna',
      product_roles: ['participant'],
      business_roles: ['auditor', 'manager'],
      person: { external_id: 'E-9100' },
    });
    expect((await as(token, 'GET', path)).status).toBe(403);

    const changed = { name: 'Anna Berg', subject: 'anna', management_level: 3 };
    expect((await as(admin, 'PUT', path, changed)).body).toMatchObject({ ...changed, roles: [] });
    expect((await as(admin, 'DELETE', path)).body).toMatchObject({ active: false });
    expect((await as(token, 'GET', '/access/me')).body).toMatchObject({ person: null });
    expect((await as(admin, 'POST', `${path}/erase`)).body).toMatchObject({
      external_id: created.person_id,
      name: '',
      email: null,
      subject: null,
    });
    const nobody = '00000000-0000-7000-8000-000000000000';
    expect((await as(admin, 'GET', `/access/people/${nobody}`)).body.code).toBe('person_not_found');
  });

  it('knows who acts for whom: told by themselves, or by an operator', async () => {
    await load([
      person(9_201, { subject: 'bea' }),
      person(9_202, { subject: 'carl' }),
      person(9_203, { subject: 'dora' }),
    ]);
    const [bea, carl, dora] = await Promise.all(
      ['bea', 'carl', 'dora'].map((sub) => issuer.token({ sub, roles: ['participant'] })),
    );
    const time = { from: '2020-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z' };
    const absence = { substitute: 'E-9202', ...time };
    const { status, body } = await as<{ absence_id: string }>(
      bea!,
      'POST',
      '/access/absences',
      absence,
    );
    expect(status).toBe(201);
    expect(body).toMatchObject({ person: 'E-9201', substitute: 'E-9202', created_by: 'user:bea' });

    const others = { ...absence, person: 'E-9203' };
    const refused = await as(bea!, 'POST', '/access/absences', others);
    expect([refused.status, refused.body.code]).toEqual([403, 'speaks_for_others']);
    expect((await as(admin, 'POST', '/access/absences', others)).status).toBe(201);
    const own = await as<Faults>(bea!, 'POST', '/access/absences', {
      substitute: 'bea',
      from: time.to,
      to: time.from,
    });
    expect(own.body.errors.map(({ pointer, code }) => `${pointer} ${code}`)).toEqual([
      '/substitute own_substitute',
      '/to not_after_from',
    ]);

    const seenBy = async (token: string) =>
      (await as<{ items: unknown[] }>(token, 'GET', '/access/absences')).body.items.length;
    expect(await Promise.all([bea!, carl!, dora!].map(seenBy))).toEqual([1, 2, 1]);

    const end = (token: string) => as(token, 'POST', `/access/absences/${body.absence_id}/end`);
    expect((await end(dora!)).body.code).toBe('absence_not_found');
    expect((await end(carl!)).body.code).toBe('speaks_for_others');
    expect((await end(bea!)).status).toBe(200);
    expect((await end(bea!)).body.code).toBe('absence_ended');
  });

  it('leaves audit entries without personal data', async () => {
    const database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
    const { rows } = await database.query<{ entry: string }>(
      `select row_to_json(e)::text as entry from audit_entries e where operation like '%/access/people%'`,
    );
    await database.end();
    expect(rows.length).toBeGreaterThan(4);
    expect(rows.filter(({ entry }) => /Berg|example\.com/.test(entry))).toEqual([]);
  });
});
