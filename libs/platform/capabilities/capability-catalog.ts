import { Injectable } from '@nestjs/common';

/**
 * What this process can do, told by those who do it: a module registers a reader, and
 * `GET /capabilities` shows what it returns at that moment.
 */
@Injectable()
export class CapabilityCatalog {
  private readonly readers = new Map<string, () => unknown>();

  /** @param name in snake_case, such as `task_handlers`; a second reader under one name is a mistake */
  register(name: string, read: () => unknown): void {
    if (this.readers.has(name)) throw new Error(`Two modules describe the capability "${name}".`);
    this.readers.set(name, read);
  }

  read(): Record<string, unknown> {
    const entries = [...this.readers].map(([name, read]): [string, unknown] => [name, read()]);
    return Object.fromEntries(entries.sort(([a], [b]) => a.localeCompare(b)));
  }
}
