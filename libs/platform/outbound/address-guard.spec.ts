import { AllowedTargets, guardedLookup, refuseLiteral } from './address-guard.js';

const nobody = new AllowedTargets([]);

describe('addresses that handlers may call', () => {
  it.each([
    '127.0.0.1',
    '127.8.8.8',
    '0.0.0.0',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.169.254',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fd00:ec2::254',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:169.254.169.254',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
  ])('do not include %s', (address) => {
    expect(nobody.admits(address)).toBe(false);
  });

  it.each(['93.184.216.34', '2606:2800:220:1:248:1893:25c8:1946'])('include %s', (address) => {
    expect(nobody.admits(address)).toBe(true);
  });

  it('include a private range that is named', () => {
    const targets = new AllowedTargets(['10.0.0.0/8', 'fd00::/8']);
    expect(targets.admits('10.9.8.7')).toBe(true);
    expect(targets.admits('fd12::1')).toBe(true);
    expect(targets.admits('192.168.1.1')).toBe(false);
  });

  it('are named with or without a port', () => {
    const targets = new AllowedTargets(['hr.internal', 'localhost:8080', '[::1]:90']);
    const names = (url: string): boolean => targets.names(new URL(url));
    expect(names('https://HR.internal:8443/x')).toBe(true);
    expect(names('http://localhost:8080/')).toBe(true);
    expect(names('http://localhost:8081/')).toBe(false);
    expect(names('http://localhost.evil.example/')).toBe(false);
    expect(names('http://[::1]:90/')).toBe(true);
  });

  it.each(['http://127.1/', 'http://0x7f000001/', 'http://2130706433/', 'http://[::ffff:7f00:1]/'])(
    'are judged in any spelling: %s',
    (url) => {
      expect(() => refuseLiteral(new URL(url), nobody)).toThrow('OUTBOUND_ALLOWED_HOSTS');
    },
  );

  it('are judged after DNS', async () => {
    const failed = await new Promise<Error | null>((resolve) =>
      guardedLookup(nobody)('localhost', { all: true }, (error) => resolve(error)),
    );
    expect(failed?.message).toContain('localhost is not an address of the public internet');
  });
});
