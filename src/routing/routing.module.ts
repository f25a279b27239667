import { Module } from '@nestjs/common';

import { DirectoryModule } from '#access/directory';

import { ApprovalsController } from './approvals.controller.js';
import { BacktestRunner } from './backtest-runner.js';
import { BacktestsController } from './backtests.controller.js';
import { BacktestsService } from './backtests.service.js';
import { ChoicesService } from './choices.service.js';
import { Decider } from './decider.js';
import { DecisionBatches } from './decision-batches.js';
import { DecisionCounts } from './decision-counts.js';
import { DecisionMaterial } from './decision-material.js';
import { DecisionTablesController } from './decision-tables.controller.js';
import { DecisionTablesService } from './decision-tables.service.js';
import { DecisionTreesController } from './decision-trees.controller.js';
import { DecisionTreesService } from './decision-trees.service.js';
import { DecisionsService } from './decisions.service.js';
import { Evaluations } from './evaluations.js';
import { Callers } from './callers.service.js';
import { InboxController } from './inbox.controller.js';
import { InboxService } from './inbox.service.js';
import { InstancesController } from './instances.controller.js';
import { InstancesService } from './instances.service.js';
import { ModelTrainer } from './model-trainer.js';
import { ModelsController } from './models.controller.js';
import { RoutingController } from './routing.controller.js';
import { RulesController } from './rules.controller.js';
import { RulesService } from './rules.service.js';
import { StoredRules } from './stored-rules.js';

@Module({
  imports: [DirectoryModule],
  controllers: [
    InstancesController,
    InboxController,
    ApprovalsController,
    RoutingController,
    RulesController,
    DecisionTreesController,
    DecisionTablesController,
    BacktestsController,
    ModelsController,
  ],
  providers: [
    Callers,
    InstancesService,
    InboxService,
    DecisionsService,
    ChoicesService,
    Decider,
    DecisionBatches,
    DecisionCounts,
    DecisionMaterial,
    RulesService,
    StoredRules,
    DecisionTreesService,
    DecisionTablesService,
    Evaluations,
    BacktestsService,
    BacktestRunner,
    ModelTrainer,
  ],
})
export class RoutingModule {}
