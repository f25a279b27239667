import { keyHolder } from './principal.js';
import { admit, inWords, RouteAccess } from './route-access.js';

const access = new RouteAccess(
  { 'GET /things/{thing_id}': ['viewer', 'admin'], 'GET /metrics': 'authenticated' },
  '/base',
);

describe('RouteAccess', () => {
  it.each([
    ['GET', '/base/things/:thing_id', ['viewer', 'admin']],
    ['HEAD', '/base/things/:thing_id', ['viewer', 'admin']],
    ['GET', '/base/things/{thing_id}', ['viewer', 'admin']],
    ['GET', '/metrics', 'authenticated'],
    ['POST', '/base/things/:thing_id', undefined],
    ['GET', '/base/toString', undefined],
    ['GET', '/other', undefined],
  ])('finds %s %s', (method, path, admission) => {
    expect(access.admissionOf(method, path)).toEqual(admission);
  });
});

describe('admit', () => {
  const viewer = keyHolder('v', ['viewer']);
  it('lets in whoever has one of the roles', () => {
    expect(() => admit(viewer, ['operator', 'viewer'])).not.toThrow();
    expect(() => admit(keyHolder('nobody', []), 'authenticated')).not.toThrow();
  });

  it('says which roles it takes', () => {
    expect(() => admit(viewer, ['operator', 'admin'])).toThrow(/needs the role operator or admin/);
  });

  it('closes what the table does not name, even to an administrator', () => {
    expect(() => admit(keyHolder('a', ['admin']), undefined)).toThrow(/does not name it/);
  });
});

describe('inWords', () => {
  it('reads like a sentence', () => {
    expect([['a'], ['a', 'b'], ['a', 'b', 'c']].map(inWords)).toEqual(['a', 'a or b', 'a, b or c']);
  });
});
