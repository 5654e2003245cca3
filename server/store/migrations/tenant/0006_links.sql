-- Relations between items, as last seen on each side of a pair.

alter table pairs
  add column left_links jsonb not null default '{}',     -- the left item's relations in its own terms: target -> kinds
  add column right_links jsonb not null default '{}';
create index on pairs using gin (left_links) where left_links <> '{}';    -- whose links lead to an item
create index on pairs using gin (right_links) where right_links <> '{}';
