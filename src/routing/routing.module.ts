import { Module } from '@nestjs/common';

import { DecisionCounts } from './decision-counts.js';
import { DecisionMaterial } from './decision-material.js';
import { DecisionTreesController } from './decision-trees.controller.js';
import { DecisionTreesService } from './decision-trees.service.js';
import { DecisionsService } from './decisions.service.js';
import { InstancesController } from './instances.controller.js';
import { InstancesService } from './instances.service.js';
import { OutcomeCounter } from './outcome-counts.js';
import { RoutingController } from './routing.controller.js';
import { RulesController } from './rules.controller.js';
import { RulesService } from './rules.service.js';

@Module({
  controllers: [InstancesController, RoutingController, RulesController, DecisionTreesController],
  providers: [
    InstancesService,
    DecisionsService,
    DecisionCounts,
    DecisionMaterial,
    OutcomeCounter,
    RulesService,
    DecisionTreesService,
  ],
})
export class RoutingModule {}
