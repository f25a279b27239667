import { RouteTable } from './route-table.js';

const table = new RouteTable();
table.add(['GET', 'HEAD'], '/workflows/:workflow_id');
table.add('DELETE', '/workflows/:workflow_id');
table.add('POST', '/workflows/validate');

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
});
