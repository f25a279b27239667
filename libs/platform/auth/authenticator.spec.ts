import { Authenticator } from './authenticator.js';

const ERP = 'e'.repeat(32);
const CRM = 'c'.repeat(32);
const authenticator = new Authenticator([
  { name: 'erp', secret: ERP },
  { name: 'crm', secret: CRM },
]);

describe('Authenticator', () => {
  it('lets everybody in as anonymous where there are no keys', () => {
    const open = new Authenticator([]);
    expect(open.authenticate(undefined).id).toBe('anonymous');
    expect(open.authenticate('Bearer whatever').id).toBe('anonymous');
  });

  it('knows the holder of each key', () => {
    expect(authenticator.authenticate(`Bearer ${ERP}`)).toEqual({
      id: 'api_key:erp',
      kind: 'api_key',
      roles: [],
    });
    expect(authenticator.authenticate(`bearer ${CRM}`).id).toBe('api_key:crm');
  });

  it.each([undefined, '', 'Bearer', 'Bearer ', `Basic ${ERP}`, ERP, `Bearer ${ERP} ${CRM}`])(
    'asks for a key on %p',
    (header) => {
      expect(() => authenticator.authenticate(header)).toThrow(/needs an API key/);
    },
  );

  it.each([`Bearer ${ERP}x`, `Bearer ${ERP.slice(1)}`, 'Bearer x', `Bearer ${ERP.toUpperCase()}`])(
    'turns away a key that is almost one: %p',
    (header) => {
      expect(() => authenticator.authenticate(header)).toThrow(/not one of those/);
    },
  );
});
