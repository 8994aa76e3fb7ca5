-- protect() runs as a table's owner, and is to know what it must not make everybody's to write.
GRANT SELECT ON tenancy.member_source TO PUBLIC;
