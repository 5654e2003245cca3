/** Which page stands at which address. */
import { Route, Routes } from "react-router";
import type { Me } from "./api/types";
import { AccountPage } from "./pages/account/AccountPage";
import { AccessPage } from "./pages/access/AccessPage";
import { AuditPage } from "./pages/audit/AuditPage";
import { ConnectionEdit } from "./pages/connections/ConnectionEdit";
import { ConnectionList } from "./pages/connections/ConnectionList";
import { ConnectionNew } from "./pages/connections/ConnectionNew";
import { EgressPage } from "./pages/egress/EgressPage";
import { HoldList } from "./pages/holds/HoldList";
import { IntegrationEdit } from "./pages/integrations/IntegrationEdit";
import { IntegrationList } from "./pages/integrations/IntegrationList";
import { IntegrationPage } from "./pages/integrations/IntegrationPage";
import { MatchPage } from "./pages/integrations/match/MatchPage";
import { RealignPage } from "./pages/integrations/realign/RealignPage";
import { Wizard } from "./pages/integrations/wizard/Wizard";
import { ItemList } from "./pages/items/ItemList";
import { ItemPage } from "./pages/items/ItemPage";
import { NotThere } from "./pages/NotThere";
import { OverviewPage } from "./pages/overview/OverviewPage";
import { PeoplePage } from "./pages/people/PeoplePage";
import { RunList } from "./pages/runs/RunList";
import { RunPage } from "./pages/runs/RunPage";
import { WhyPage } from "./pages/why/WhyPage";
import { Shell } from "./shell/Shell";

export function Rooms({ me }: { me: Me }) {
  return (
    <Routes>
      <Route element={<Shell me={me} />}>
        <Route index element={<OverviewPage />} />
        <Route path="connections" element={<ConnectionList />} />
        <Route path="connections/new" element={<ConnectionNew />} />
        <Route path="connections/:id" element={<ConnectionEdit />} />
        <Route path="integrations" element={<IntegrationList />} />
        <Route path="integrations/new" element={<Wizard />} />
        <Route path="integrations/:id" element={<IntegrationPage />} />
        <Route path="integrations/:id/edit" element={<IntegrationEdit />} />
        <Route path="integrations/:id/match" element={<MatchPage />} />
        <Route path="integrations/:id/reconcile" element={<RealignPage />} />
        <Route path="runs" element={<RunList />} />
        <Route path="runs/:id" element={<RunPage />} />
        <Route path="items" element={<ItemList />} />
        <Route path="items/:id" element={<ItemPage />} />
        <Route path="holds" element={<HoldList />} />
        <Route path="why" element={<WhyPage />} />
        <Route path="people" element={<PeoplePage />} />
        <Route path="account" element={<AccountPage />} />
        <Route path="access" element={<AccessPage />} />
        <Route path="contacted" element={<EgressPage />} />
        <Route path="audit" element={<AuditPage />} />
        <Route path="*" element={<NotThere />} />
      </Route>
    </Routes>
  );
}
