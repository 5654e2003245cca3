-- How a migration ended is no problem of its integration, and a run says whose items it has not counted yet.

alter table integrations add column outcome text not null default '';   -- the summary; empty until it has come through
update integrations set outcome = problem, problem = '' where problem like 'The migration has come through%';
alter table runs add column uncounted text not null default '';         -- whose items are not in total yet, by name
