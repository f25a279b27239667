import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { PRODUCT_ROLES, type ProductRole } from '#platform/auth';

import { ROUTE_ACCESS } from '../../src/route-access.js';
import { type Service, startService } from '../support/service.js';

const PAGE = path.resolve(import.meta.dirname, '../../docs/access.md');
const ADMIN = 'a'.repeat(32);
const BASE_PATH = '/api/v1/workflows';

interface Operation {
  method: string;
  path: string;
}

const keyOf = ({ method, path }: Operation) => `${method} ${path.replace(BASE_PATH, '')}`;

/** An id that nothing has, and that fits wherever an id is taken. */
const concrete = (template: string) =>
  template.replace(/\{\w+\}/g, '00000000-0000-7000-8000-000000000000');

/** The table of docs/access.md. */
function tableText(): string {
  const mark = (row: string, role: ProductRole) => {
    const admission = ROUTE_ACCESS[row]!;
    return typeof admission === 'string' || admission.includes(role) ? '•' : '';
  };
  const lines = Object.keys(ROUTE_ACCESS).map((row) => {
    const open = ROUTE_ACCESS[row] === 'everybody' ? ' (no credential needed)' : '';
    return `| \`${row}\`${open} | ${PRODUCT_ROLES.map((role) => mark(row, role)).join(' | ')} |`;
  });
  const head = [
    `| | ${PRODUCT_ROLES.map((role) => `\`${role}\``).join(' | ')} |`,
    `| --- |${' :-: |'.repeat(PRODUCT_ROLES.length)}`,
  ];
  return [...head, ...lines].join('\n');
}

describe('the table of routes and roles', () => {
  let service: Service;
  let operations: Operation[];
  const keys = new Map<string, string>();
  const call = async ({ method, path }: Operation, key: string | undefined) => {
    const response = await fetch(service.url + concrete(path), {
      method,
      ...(key !== undefined && { headers: { authorization: `Bearer ${key}` } }),
    });
    await response.body?.cancel();
    return response.status;
  };

  beforeAll(async () => {
    service = await startService({ env: { API_KEYS: `admin:${ADMIN}` } });
    const headers = { authorization: `Bearer ${ADMIN}` };
    const { body } = await service.request<{ operations: Operation[] }>(
      'GET',
      '/capabilities',
      undefined,
      headers,
    );
    operations = body.operations;
    for (const role of PRODUCT_ROLES) {
      const made = await service.request<{ key: string }>(
        'POST',
        '/access/keys',
        { name: `only-${role}`, roles: [role] },
        headers,
      );
      keys.set(role, made.body.key);
    }
  });
  afterAll(() => service.stop());

  it('names every route of the application, and no other', () => {
    expect(operations.map(keyOf).sort()).toEqual(Object.keys(ROUTE_ACCESS).sort());
  });

  it('lets nobody in without a credential, but where everybody may', async () => {
    const open: string[] = [];
    for (const operation of operations) {
      if ((await call(operation, undefined)) !== 401) open.push(keyOf(operation));
    }
    expect(open).toEqual(
      Object.keys(ROUTE_ACCESS).filter((row) => ROUTE_ACCESS[row] === 'everybody'),
    );
  });

  it.each(PRODUCT_ROLES)('is what holds for the role %s', async (role) => {
    const refused: string[] = [];
    for (const operation of operations) {
      const status = await call(operation, keys.get(role));
      expect(status).not.toBe(401);
      expect(status).toBeLessThan(500);
      if (status === 403) refused.push(keyOf(operation));
    }
    const closed = operations.map(keyOf).filter((row) => {
      const admission = ROUTE_ACCESS[row];
      return typeof admission !== 'string' && !admission?.includes(role);
    });
    expect(refused).toEqual(closed);
  });

  it('gives an administrator everything', () => {
    for (const admission of Object.values(ROUTE_ACCESS)) {
      expect(typeof admission === 'string' || admission.includes('admin')).toBe(true);
    }
  });

  it('is the one in docs/access.md (`npm run openapi` writes it anew)', async () => {
    const page = await readFile(PAGE, 'utf8');
    const [before, , after] = page.split(/(?<=<!-- routes -->\n)([^]*)(?=\n<!-- \/routes -->)/);
    const wanted = `${before}\n${tableText()}\n${after}`;
    if (process.env.UPDATE_OPENAPI) await writeFile(PAGE, wanted);
    else expect(page.replace(/[ -]+\|/g, '|')).toBe(wanted.replace(/[ -]+\|/g, '|'));
  });
});
