import { Column, getMetadataArgsStorage } from 'typeorm';

import * as access from './access.entities.js';
import * as analytics from './analytics.entities.js';
import * as breakers from './breaker.entities.js';
import * as definitions from './definition.entities.js';
import * as idempotency from './idempotency.entities.js';
import * as incidents from './incident.entities.js';
import * as instances from './instance.entities.js';
import * as modifications from './modification.entities.js';
import * as notifications from './notification.entities.js';
import * as parallel from './parallel.entities.js';
import * as people from './people.entities.js';
import * as routing from './routing.entities.js';

type EntityClass = new () => object;

/** Every table. Each of those files exports entity classes and nothing else. */
export const entities: EntityClass[] = [
  breakers,
  definitions,
  instances,
  incidents,
  idempotency,
  routing,
  parallel,
  analytics,
  modifications,
  access,
  people,
  notifications,
].flatMap((file) => Object.values<EntityClass>(file));

/**
 * Whose a row is. PostgreSQL fills it in and looks at it (the policies of the tables), so that no code has to: neither
 * read nor written here, but for the tables that have it in their key.
 */
const tenantColumn = Column({
  name: 'tenant_id',
  type: 'varchar',
  length: 100,
  default: () => 'present_tenant()',
  select: false,
});
const keyed = new Set(
  getMetadataArgsStorage()
    .columns.filter(({ propertyName }) => propertyName === 'tenant_id')
    .map(({ target }) => target),
);
for (const entity of entities) {
  if (!keyed.has(entity)) tenantColumn(entity.prototype as object, 'tenant_id');
}
