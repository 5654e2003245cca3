-- What both apps showed when an integration was saved, and what has appeared since that it could carry. An empty
-- container shows less than it holds, so a mapping that was made of it lacks what nobody could choose.

alter table integrations add column shown jsonb;                         -- side -> type -> field -> kind and options; null: saved before this was kept
alter table integrations add column appeared text not null default '';   -- sentences for a person; empty: nothing has
