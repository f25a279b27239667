import { statement } from '#persistence';

import type { ModificationDetails, ModificationRow } from './modification.queries.js';

export interface OpenChange extends Pick<ModificationRow, 'modification_id' | 'modification_type'> {
  modification_details: ModificationDetails;
}

/** Modifications of a workflow that are neither applied nor rejected, oldest first. */
export const listOpenChanges = statement<
  OpenChange,
  [workflow_id: string, but_modification_id: string | null, limit: number]
>(
  'list_open_modifications',
  `select modification_id, modification_type, modification_details
   from runtime_modifications
   where workflow_id = $1 and status in ('pending_approval', 'approved')
     and ($2::text is null or modification_id <> $2)
   order by created_at
   limit $3`,
);
