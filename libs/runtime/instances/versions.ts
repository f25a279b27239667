import { DomainError } from '#engine/errors';
import type { Command } from '#engine/instance';

/**
 * On which version a command is decided: one that moves an instance to another, on that which it leads to.
 * @throws DomainError modification_not_applicable, when the instance is not on the version that it was planned from
 */
export function versionFor(version_number: number, command: Command): number {
  if (command.type !== 'migrate' && command.type !== 'restore') return version_number;
  if (command.from_version === version_number) return command.to_version;
  throw new DomainError(
    'modification_not_applicable',
    `The instance runs on version ${version_number}, not on ${command.from_version}.`,
    { version_number },
  );
}
