-- One row for each container in which twins are made: who has it under lock makes there, one at a time. An advisory
-- lock would do the same, but any tenant's login of the database could hold that.
create table turns (
  place bigint primary key
);
