-- What an app refused of a pair is left out until something changes that it depends on; nearly all pairs have none.

alter table pairs add column refused jsonb;
create index on pairs (integration_id) where refused is not null;
