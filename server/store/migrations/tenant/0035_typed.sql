-- Where a person typed what both sides were last in step with, for fields of which it does not go without saying.

alter table pairs add column typed jsonb;
