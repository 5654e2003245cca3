-- Failed sign-ins are counted in the control schema, where those at tenants that do not exist count like all others.
drop table sign_in_failures;
