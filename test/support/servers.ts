/** The servers that `npm test` has started (scripts/servers.mjs). */
export const servers = {
  get postgresUrl(): string {
    return required('TEST_POSTGRES_URL');
  },
  get template(): string {
    return required('TEST_POSTGRES_TEMPLATE');
  },
  get redisUrl(): string {
    return required('TEST_REDIS_URL');
  },
};

function required(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(
      `${name} is not set. Run this file by \`npm test -- <file>\`, which starts the servers.`,
    );
  }
  return value;
}
