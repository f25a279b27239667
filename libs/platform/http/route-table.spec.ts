import { RouteAccess } from '#platform/auth';
import type { Operation } from './operation.js';
import { RouteTable } from './route-table.js';

const access = new RouteAccess({ 'GET /workflows/{workflow_id}': ['viewer', 'admin'] }, '/base');
const operation: Operation = {
  status: 200,
  params: [],
  query: undefined,
  body: undefined,
  call: undefined,
};

function routesOf(...keys: string[]): RouteTable {
  const table = new RouteTable();
  for (const key of keys) {
    const [method = '', path = ''] = key.split(' ');
    table.add(method, path, access);
  }
  return table;
}

const table = routesOf(
  'GET /workflows/:workflow_id',
  'HEAD /workflows/:workflow_id',
  'DELETE /workflows/:workflow_id',
  'POST /workflows/validate',
);

describe('RouteTable', () => {
  it.each([
    ['/workflows/5', ['DELETE', 'GET', 'HEAD']],
    ['/workflows/validate', ['DELETE', 'GET', 'HEAD', 'POST']],
    ['/workflows/5?x=/y', ['DELETE', 'GET', 'HEAD']],
    ['/workflows/', []],
    ['/workflows', []],
    ['/workflows/5/more', []],
    ['/other', []],
  ])('knows the methods of %s', (url, methods) => {
    expect(table.methodsOf(url)).toEqual(methods);
  });

  it('knows who may call a route, and closes what nobody named', () => {
    const routes = routesOf('GET /base/workflows/:workflow_id', 'POST /base/workflows');
    expect(routes.all()).toMatchObject([
      { key: 'GET /workflows/{workflow_id}', admission: ['viewer', 'admin'] },
      { key: 'POST /workflows', admission: undefined },
    ]);
  });

  it('tells a route what its operation takes, also where only its head is asked for', () => {
    const routes = routesOf('GET /base/things', 'HEAD /base/things', 'GET /docs');
    routes.describe(
      [
        { method: 'GET', path: '/things', operation },
        { method: 'GET', path: '/docs', operation },
      ],
      '/base',
      ['docs'],
    );
    expect(routes.all().map((route) => route.operation)).toEqual([operation, operation, operation]);
  });

  it('accepts no route whose requests nobody would check', () => {
    const routes = routesOf('GET /base/things', 'POST /base/things');
    const operations = [{ method: 'GET', path: '/things', operation }];
    expect(() => routes.describe(operations, '/base', [])).toThrow(/POST \/base\/things/);
    const more = [{ method: 'PUT', path: '/things', operation }, ...operations];
    expect(() => routesOf('GET /base/things').describe(more, '/base', [])).toThrow(/PUT/);
  });
});
