import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The version in the package.json above this file; compiled code lies deeper than its source. */
export function packageVersion(from: string = import.meta.dirname): string {
  const file = join(from, 'package.json');
  if (!existsSync(file)) return packageVersion(dirname(from));
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
