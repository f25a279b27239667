import { Global, Module } from '@nestjs/common';
import { CapabilityCatalog } from './capability-catalog.js';

@Global()
@Module({ providers: [CapabilityCatalog], exports: [CapabilityCatalog] })
export class CapabilitiesModule {}
