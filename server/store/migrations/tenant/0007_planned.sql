-- Whether an outcome is unknown is asked of each pair of a page; an index of all that is planned was read anew for each.

drop index operations_state_idx;
create index operations_planned_idx on operations (pair_id) where state = 'planned';
