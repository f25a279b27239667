import type { BootConfig } from '#platform/config';
import { EmbeddedPostgres } from '#platform/postgres';

/**
 * For a command beside the service: the database of the settings, or the embedded one, as a running process has it or
 * started until `close`.
 */
export async function openDatabase({
  database,
  data_dir,
}: BootConfig): Promise<{ url: string; close: () => Promise<void> }> {
  const url = database.url ?? (await EmbeddedPostgres.running(data_dir));
  if (url !== undefined) return { url, close: () => Promise.resolve() };
  const note = (sentence: string) => process.stderr.write(`${sentence}\n`);
  const postgres = await EmbeddedPostgres.start({ data_dir, note, warn: note });
  return { url: postgres.url, close: () => postgres.stop() };
}
