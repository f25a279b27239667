import { Injectable } from '@nestjs/common';

import { type NotificationChannel, OF_WORKFLOW, readSettings } from '#engine/notification';
import { type NewNotification, Outbox } from '#notifications';
import type { Tx } from '#persistence';
import { AppConfig } from '#platform/config';

import { DefinitionsService } from '../../definitions/definitions.service.js';
import type { ModificationRow } from '../modification.queries.js';

/** What happens to a modification while nobody looks. */
export type ModificationNotice =
  | 'rolled_back'
  | 'canary_stopped'
  | 'rollback_failed'
  | 'application_failed'
  | 'approval_needed'
  | 'instances_not_moved'
  | 'review_overdue';

interface Place {
  channel: NotificationChannel;
  to: string;
}

/** Where nobody has said where to: what was told is recorded all the same. */
const NOWHERE_SAID: Place = { channel: 'log', to: 'modifications' };

/** Tells those who answer for a modification what has become of it, and keeps who was told. */
@Injectable()
export class ModificationNotices {
  constructor(
    private readonly definitions: DefinitionsService,
    private readonly outbox: Outbox,
    private readonly config: AppConfig,
  ) {}

  /**
   * Who asked for it, who approved it, MODIFICATION_NOTIFY and whom the workflow's `notification_escalation` names; there
   * and at MODIFICATION_NOTIFY_WEBHOOKS.
   */
  async tell(
    tx: Tx,
    row: ModificationRow,
    kind: ModificationNotice,
    message: string,
  ): Promise<void> {
    const { modification_id, workflow_id } = row;
    const { definition } = await this.definitions.readDefinition(tx, workflow_id);
    const settings = readSettings(definition.notification_escalation, OF_WORKFLOW);
    const own = settings?.on.includes('rolled_back') ? settings : null;
    const { modification_notify, modification_notify_webhooks } = this.config.settings;
    const names = new Set([
      row.requested_by,
      ...(row.proposed_by === null ? [] : [row.proposed_by]),
      ...row.approvals.map(({ approved_by }) => approved_by),
      ...modification_notify,
      ...(own?.recipients ?? []),
    ]);
    const places: Place[] = [
      ...(own?.to ?? []).map((to) => ({ channel: own?.channel ?? NOWHERE_SAID.channel, to })),
      ...modification_notify_webhooks.map((to) => ({ channel: 'webhook' as const, to })),
    ];
    const { modification_type, reason } = row;
    this.outbox.tell(
      tx,
      (places.length > 0 ? places : [NOWHERE_SAID]).map((place): NewNotification => ({
        ...place,
        kind,
        message,
        audience: { names: [...names] },
        details: { modification_type, reason },
        workflow_id,
        modification_id,
      })),
    );
  }
}
