-- What an app moved by itself for something that we wrote, and what is not put back yet; nearly always nothing.

alter table pairs add column displaced jsonb;
