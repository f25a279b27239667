import { Module } from '@nestjs/common';

import { MODIFICATION_TYPES } from '#engine/definition';
import { CapabilityCatalog } from '#platform/capabilities';
import { AppConfig } from '#platform/config';
import { EventStreams } from '#platform/streams';

import { DefinitionsModule } from '../definitions/definitions.module.js';
import { Canaries } from './canary/canary.service.js';
import { TakenBackEffects } from './effects/effects.service.js';
import { DecisionsController } from './decisions.controller.js';
import { ImpactReader } from './impact/impact-facts.service.js';
import { APPLY_TO } from './moves/migration-plan.js';
import { ROLLBACK_STRATEGIES } from './modification.dto.js';
import { ModificationApplier } from './modification-apply.service.js';
import { ModificationDecisions } from './modification-decisions.service.js';
import { ModificationPlanner } from './modification-plan.service.js';
import { ModificationsController } from './modifications.controller.js';
import { ModificationsService } from './modifications.service.js';
import { Monitoring } from './monitoring/monitoring.service.js';
import { MoveBatches } from './moves/move-batches.service.js';
import { MovesController } from './moves/moves.controller.js';
import { ModificationMoves } from './moves/moves.service.js';
import { Mover } from './moves/mover.service.js';
import { ModificationStream } from './progress/modification-stream.service.js';
import { ProgressController } from './progress/progress.controller.js';
import { RollbackController } from './rollback.controller.js';
import { LateReviews } from './notices/late-reviews.service.js';
import { ModificationNotices } from './notices/modification-notices.service.js';
import { ModificationPreview } from './preview.service.js';
import { Rollbacks } from './rollback.service.js';
import { WhatIf } from './what-if/what-if.service.js';
import { RoutingOverridesController } from './routing-overrides/routing-overrides.controller.js';
import { RoutingOverrides } from './routing-overrides/routing-overrides.service.js';

/** Changes of running workflows: request, approval, application, monitoring, roll-back. */
@Module({
  imports: [DefinitionsModule],
  controllers: [
    ModificationsController,
    DecisionsController,
    MovesController,
    RollbackController,
    ProgressController,
    RoutingOverridesController,
  ],
  providers: [
    ImpactReader,
    Canaries,
    ModificationPlanner,
    ModificationPreview,
    ModificationApplier,
    ModificationDecisions,
    ModificationsService,
    WhatIf,
    MoveBatches,
    ModificationMoves,
    Mover,
    Rollbacks,
    EventStreams,
    ModificationStream,
    TakenBackEffects,
    ModificationNotices,
    LateReviews,
    Monitoring,
    RoutingOverrides,
  ],
})
export class ModificationModule {
  constructor(catalog: CapabilityCatalog, { settings }: AppConfig) {
    catalog.register('modification', () => ({
      modification_types: MODIFICATION_TYPES,
      rollback_strategies: ROLLBACK_STRATEGIES,
      apply_to: APPLY_TO,
      emergency_changes: settings.emergency_modification_enabled,
      auto_rollback: settings.auto_rollback_enabled,
      approval_required_for_high_impact: settings.approval_required_for_high_impact,
    }));
  }
}
