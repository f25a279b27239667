import { Module } from '@nestjs/common';
import { KeysModule } from '#access/keys';
import { KeysController } from './keys.controller.js';

@Module({ imports: [KeysModule], controllers: [KeysController] })
export class AccessModule {}
