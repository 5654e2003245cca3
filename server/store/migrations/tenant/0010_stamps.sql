-- A pair is written over and over, and mostly in columns that no index has. With room beside it the new row stays in
-- its block, and none of the table's indexes is written; rows that are there already get it when they are next written.

alter table pairs set (fillfactor = 70);

-- Every pass asks what is due, and every page whether a conflict was told. What goes with its pair is found by it.

create index on holds (integration_id, due_at) where due_at is not null;
create index on holds (pair_id) where pair_id is not null;
create index on conflicts (pair_id, id);
