import { lookup as resolve, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** What handlers may call although it is private or loopback: hosts, `host:port`s and CIDR ranges, in lower case. */
export class AllowedTargets {
  private readonly hosts: ReadonlySet<string>;
  private readonly ranges: [ipaddr.IPv4 | ipaddr.IPv6, number][];

  constructor(allowed: readonly string[]) {
    const ranges = allowed.filter((entry) => ipaddr.isValidCIDR(entry));
    this.ranges = ranges.map((range) => ipaddr.parseCIDR(range));
    this.hosts = new Set(allowed.filter((entry) => !ranges.includes(entry)));
  }

  /** Whether this very target is named, so that its address does not matter. */
  names(url: URL): boolean {
    const host = url.hostname.toLowerCase();
    const port = url.port || (url.protocol === 'https:' ? '443' : '80');
    return (
      this.hosts.has(host) ||
      this.hosts.has(`${host}:${port}`) ||
      this.hosts.has(withoutBrackets(host))
    );
  }

  /** Whether an address is one of the public internet, or in an allowed range. */
  admits(address: string): boolean {
    // an IPv4 address written as IPv6 is judged as what is dialled
    const parsed = ipaddr.process(address);
    if (parsed.range() === 'unicast') return true;
    return this.ranges.some(
      ([range, bits]) => parsed.kind() === range.kind() && parsed.match(range, bits),
    );
  }
}

export class ForbiddenAddress extends Error {
  readonly code = 'address_forbidden';

  constructor(hostname: string) {
    super(
      `${hostname} is not an address of the public internet; OUTBOUND_ALLOWED_HOSTS can name it to allow it.`,
    );
    this.name = 'ForbiddenAddress';
  }
}

type LookupCallback = (
  error: Error | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/**
 * DNS for outgoing connections: what is checked is what is dialled, so that a name cannot change between the two
 * (DNS rebinding).
 */
export function guardedLookup(targets: AllowedTargets) {
  return (hostname: string, options: LookupOptions, callback: LookupCallback): void => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, []);
      const admitted = found.filter(({ address }) => targets.admits(address));
      const [first] = admitted;
      if (!first) return callback(new ForbiddenAddress(hostname), []);
      if (options.all === true) callback(null, admitted);
      else callback(null, first.address, first.family);
    });
  };
}

/** A host that is itself an address is never looked up, so it is judged before. */
export function refuseLiteral(url: URL, targets: AllowedTargets): void {
  const host = withoutBrackets(url.hostname);
  if (isIP(host) !== 0 && !targets.admits(host)) throw new ForbiddenAddress(host);
}

const withoutBrackets = (host: string): string => host.replace(/^\[|\]$/g, '');
