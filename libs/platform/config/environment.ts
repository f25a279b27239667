/** What one environment variable may be. `expected` completes the sentence "NAME must be …". */
export interface Kind<T> {
  expected: string;
  parse(raw: string): T | undefined;
}

export interface ConfigFault {
  name: string;
  expected: string;
}

/** Every bad variable by name and by what it should be. Values stay out: some of them are secrets. */
export class ConfigurationError extends Error {
  constructor(readonly faults: readonly ConfigFault[]) {
    const lines = faults.map((fault) => `  ${fault.name} must be ${fault.expected}.`);
    super(`The configuration is not usable; nothing was started.\n${lines.join('\n')}`);
    this.name = 'ConfigurationError';
  }
}

/** Reads variables one by one and remembers every fault, so that one start shows them all. An empty variable counts as absent. */
export class EnvironmentReader {
  readonly faults: ConfigFault[] = [];

  constructor(private readonly variables: Readonly<Record<string, string | undefined>>) {}

  has(name: string): boolean {
    return (this.variables[name]?.trim() ?? '') !== '';
  }

  optional<T>(name: string, kind: Kind<T>): T | undefined {
    const raw = this.variables[name]?.trim() ?? '';
    if (raw === '') return undefined;
    const value = kind.parse(raw);
    if (value === undefined) this.refuse(name, kind.expected);
    return value;
  }

  get<T>(name: string, kind: Kind<T>, fallback: T): T {
    return this.optional(name, kind) ?? fallback;
  }

  refuse(name: string, expected: string): void {
    this.faults.push({ name, expected });
  }
}

export function integer(min: number, max: number): Kind<number> {
  return {
    expected: `a whole number from ${min} to ${max}`,
    parse(raw) {
      const value = /^\d{1,15}$/.test(raw) ? Number(raw) : NaN;
      return value >= min && value <= max ? value : undefined;
    },
  };
}

export const boolean: Kind<boolean> = {
  expected: 'true, false, 1 or 0',
  parse(raw) {
    const word = raw.toLowerCase();
    if (word === 'true' || word === '1') return true;
    return word === 'false' || word === '0' ? false : undefined;
  },
};

export function oneOf<const T extends string>(words: readonly T[]): Kind<T> {
  return {
    expected: `one of ${words.join(', ')}`,
    parse: (raw) => words.find((word) => word === raw.toLowerCase()),
  };
}

export const text: Kind<string> = { expected: 'some text', parse: (raw) => raw };

/** An address such as `postgresql://user:password@host:5432/name`; its parts are checked, nothing is contacted. */
export function url(schemes: readonly string[], example: string): Kind<string> {
  return {
    expected: `an address such as ${example}`,
    parse(raw) {
      if (!URL.canParse(raw)) return undefined;
      const parsed = new URL(raw);
      return schemes.includes(parsed.protocol.slice(0, -1)) && parsed.hostname !== ''
        ? raw
        : undefined;
    },
  };
}

export interface HostAndPort {
  host: string;
  port: number;
}

/** `host`, `host:port`, `[::1]` or `[::1]:port`. */
export function hostAndPort(defaultPort: number): Kind<HostAndPort> {
  return {
    expected: `a host name or address, with :port unless it is ${defaultPort}`,
    parse(raw) {
      const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(raw);
      const host = parts?.[1] ?? parts?.[2];
      const port = parts?.[3] === undefined ? defaultPort : Number(parts[3]);
      return host === undefined || port < 1 || port > 65535 ? undefined : { host, port };
    },
  };
}

export function listOf<T>(kind: Kind<T>): Kind<T[]> {
  return {
    expected: `a comma-separated list, each ${kind.expected}`,
    parse(raw) {
      const values: T[] = [];
      for (const part of raw.split(',')) {
        const value = kind.parse(part.trim());
        if (value === undefined) return undefined;
        values.push(value);
      }
      return values;
    },
  };
}
