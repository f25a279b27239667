import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { Outbox } from '#notifications';
import { CurrentPrincipal, type Principal } from '#platform/auth';
import {
  ApiProblems,
  ClientIdParam,
  decodeCursor,
  type Page,
  pageOf,
  PageQuery,
  UuidParam,
} from '#platform/http';

import { InstancesService } from '../instances/instances.service.js';
import { NotificationPage, NotificationView } from './notifications.dto.js';

@ApiTags('instances')
@Controller()
export class NotificationsController {
  constructor(
    private readonly instances: InstancesService,
    private readonly outbox: Outbox,
  ) {}

  @Get('workflows/:workflow_id/instances/:workflow_instance_id/notifications')
  @ApiOperation({
    operationId: 'listInstanceNotifications',
    summary: 'What people were told of an instance',
    description:
      "Oldest first: who was asked, reminded, escalated to, sent it back to or asked a question, where that was sent, and whether it arrived. Whether and where people are told say the steps' `notification_settings` and the workflow's `notification_escalation`.",
  })
  @ApiOkResponse({ type: NotificationPage })
  @ApiProblems('instance_not_found', 'cursor_invalid')
  async list(
    @UuidParam('workflow_id') workflow_id: string,
    @ClientIdParam('workflow_instance_id') workflow_instance_id: string,
    @Query() { limit, cursor }: PageQuery,
    @CurrentPrincipal() principal: Principal,
  ): Promise<Page<NotificationView>> {
    const { instance_id } = await this.instances.read(
      { workflow_id, workflow_instance_id },
      principal,
    );
    const [after] = cursor === undefined ? [null] : decodeCursor(cursor, ['uuid']);
    const rows = await this.outbox.ofInstance(instance_id, after ?? null, limit + 1);
    return pageOf(
      rows,
      limit,
      ({ notification_id }) => [notification_id],
      (row) => NotificationView.of(row),
    );
  }
}
