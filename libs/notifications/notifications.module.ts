import { Global, Module } from '@nestjs/common';

import { Channels } from './channels.js';
import { Delivery } from './delivery.js';
import { Outbox } from './outbox.js';

@Global()
@Module({ providers: [Outbox, Channels, Delivery], exports: [Outbox] })
export class NotificationsModule {}
