-- Whether another tenant of the cluster works on a container of an integration, as was found when it was saved or started.

alter table integrations add column shared text not null default '';   -- a sentence; empty: nobody does
