import type { AuthConfig } from '#platform/config';
import { Authenticator, KEY_MARK } from './authenticator.js';
import { keyHolder, PRODUCT_ROLES } from './principal.js';

const ERP = 'e'.repeat(32);
const CRM = 'c'.repeat(32);
const CONFIG: AuthConfig = {
  required: true,
  api_keys: [
    { name: 'erp', secret: ERP },
    { name: 'crm', secret: CRM },
  ],
  jwt: undefined,
};
const authenticator = new Authenticator(CONFIG);
/** As a promise, also where it is known at once. */
const asked = async (by: Authenticator, header: string | undefined) => by.authenticate(header);

describe('Authenticator', () => {
  it('lets everybody in with every role where authentication is off', async () => {
    const open = new Authenticator({ required: false, api_keys: [], jwt: undefined });
    for (const header of [undefined, 'Bearer whatever']) {
      expect(await open.authenticate(header)).toMatchObject({
        id: 'anonymous',
        roles: PRODUCT_ROLES,
      });
    }
  });

  it('knows the holder of each configured key, who may do everything', async () => {
    expect(await authenticator.authenticate(`Bearer ${ERP}`)).toEqual(
      keyHolder('erp', PRODUCT_ROLES),
    );
    expect((await authenticator.authenticate(`bearer ${CRM}`)).id).toBe('api_key:crm');
  });

  it('asks the store for a key of its form, once there is one', async () => {
    const own = new Authenticator(CONFIG);
    const key = `${KEY_MARK}abc`;
    await expect(asked(own, `Bearer ${key}`)).rejects.toThrow(/not one that/);
    const holder = keyHolder('stored', ['viewer']);
    own.useStore({ holderOf: (sent) => Promise.resolve(sent === key ? holder : undefined) });
    expect(await own.authenticate(`Bearer ${key}`)).toBe(holder);
    await expect(asked(own, `Bearer ${key}d`)).rejects.toThrow(/not one that/);
  });

  it.each([undefined, '', 'Bearer', 'Bearer ', `Basic ${ERP}`, ERP, `Bearer ${ERP} ${CRM}`])(
    'asks for a key on %p',
    async (header) => {
      await expect(asked(authenticator, header)).rejects.toThrow(/needs an API key/);
    },
  );

  it.each([
    `Bearer ${ERP}x`,
    `Bearer ${ERP.slice(1)}`,
    'Bearer x',
    `Bearer ${ERP.toUpperCase()}`,
    `Bearer ${'a'.repeat(20_000)}`,
    'Bearer a.b.c',
  ])('turns away a key that is almost one: %.40p', async (header) => {
    await expect(asked(authenticator, header)).rejects.toThrow(/not one that/);
  });
});
