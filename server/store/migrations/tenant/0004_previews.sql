-- What previews need beside their lines: the items they came by, the candidates of a match, how far a request has come.

alter table previews add column twin_id text not null default '';   -- empty: there is no twin yet

create table walked (                          -- items that a preview has come by, so that none counts twice
  run_id uuid not null references runs on delete cascade,
  side text not null check (side in ('left', 'right')),
  item_id text not null,
  primary key (run_id, side, item_id)
);

create table candidates (                      -- items without a pair that a match may join, a row for each rule that speaks of them
  run_id uuid not null references runs on delete cascade,
  side text not null check (side in ('left', 'right')),
  item_id text not null,
  item_key text not null default '',
  rule integer not null,                       -- its place among the rules that were asked for
  signature bytea not null,                    -- equal on both sides: the rule says that the two are one
  primary key (run_id, side, item_id, rule)
);
create index on candidates (run_id, rule, signature);

alter table run_requests add column place text not null default '';   -- how far its run has come, where it goes on after a kill
alter table runs add column argument jsonb not null default '{}';     -- what was asked for
