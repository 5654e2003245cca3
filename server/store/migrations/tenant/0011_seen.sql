-- What one app was seen to do where its kind alone does not tell (whether it keeps the time of an original, and so on):
-- learned from its answers, by the name of the ability.

alter table connections add column seen jsonb not null default '{}';
