-- What a person asks to be tried again is tried at once, and not at the next poll.

alter table holds add column asked_at timestamptz;    -- a person asked for it to be tried again, and it was not yet
create index holds_asked_idx on holds (integration_id, asked_at) where asked_at is not null;
