-- Template via_parent: a row belongs to whom the row that it refers to belongs, and so on up to a row with an owner.
--
-- EXISTS, and not = ANY (ARRAY(SELECT ...)): the array would be made of all the tenant's parents for each statement, one
-- that reads a single row too. The sub-select runs under the parents' own row security, which might be switched off, get
-- another template, or leave the owner of a view free: so their conditions are repeated here, up to the owner. Each level
-- doubles the planner's work, hence no more than four.

CREATE FUNCTION tenancy.parent_keys(target regclass, OUT key name, OUT parent regclass, OUT columns name[], OUT protected boolean) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT k.conname, k.confrelid::regclass,
            ARRAY(SELECT a.attname FROM unnest(k.conkey) WITH ORDINALITY AS c (number, position)
                  JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = c.number ORDER BY c.position),
            COALESCE(tenancy.asked(k.confrelid::regclass) ->> 'template' <> 'public_read', false)
        FROM pg_catalog.pg_constraint k
        WHERE k.contype = 'f' AND k.conparentid = 0 AND k.conrelid = target AND k.confrelid <> target AND k.convalidated
            AND CAST(to_jsonb(k) ->> 'conperiod' AS boolean) IS NOT TRUE -- (from 18 on; by a period a row can belong to several)
        ORDER BY k.conname;
    END;
COMMENT ON FUNCTION tenancy.parent_keys(regclass) IS
'The valid foreign keys of a table to other tables: name, table, columns, and whether that table is protected, so that its rows have owners.';

CREATE FUNCTION tenancy.choose_parent(target regclass, parent regclass) RETURNS name
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    candidates text[];
    found_keys name[];
    unprotected text;
BEGIN
    SELECT array_agg(k.key), array_agg(format('%s (%s)', k.parent, array_to_string(k.columns, ', ')))
    INTO found_keys, candidates FROM tenancy.parent_keys(target) k
    WHERE k.protected AND (choose_parent.parent IS NULL OR k.parent = choose_parent.parent);
    IF parent IS NULL AND tenancy.asked(target) ->> 'key' = ANY (found_keys) THEN
        RETURN tenancy.asked(target) ->> 'key'; -- chosen before
    ELSIF cardinality(found_keys) = 1 THEN
        RETURN found_keys[1];
    ELSIF cardinality(found_keys) > 1 THEN
        RAISE EXCEPTION 'table % has more than one path to an owner', target USING ERRCODE = 'ambiguous_column',
            DETAIL = format('It refers to: %s.', array_to_string(candidates, ', ')),
            HINT = CASE WHEN parent IS NULL THEN 'Choose one with parent => ''...''.'
                ELSE 'Give the table a tenant column of its own, and protect it with template tenant.' END;
    END IF;
    SELECT string_agg(DISTINCT k.parent::text, ', ') INTO unprotected FROM tenancy.parent_keys(target) k
    WHERE choose_parent.parent IS NULL OR k.parent = choose_parent.parent;
    RAISE EXCEPTION 'table % has no path to an owner', target USING ERRCODE = 'object_not_in_prerequisite_state',
        DETAIL = CASE WHEN unprotected IS NOT NULL THEN format('It refers to %s, where rows have no owner.', unprotected)
            WHEN parent IS NOT NULL THEN format('It has no valid foreign key to %s.', parent)
            ELSE 'It has no valid foreign key to another table.' END,
        HINT = CASE WHEN unprotected IS NOT NULL THEN format('Protect that first: SELECT tenancy.protect(%L).', split_part(unprotected, ', ', 1))
            ELSE 'Make a foreign key to the table whose rows these belong to, or give this one a tenant column.' END;
END $$;
COMMENT ON FUNCTION tenancy.choose_parent(regclass, regclass) IS
'The foreign key by which a table''s rows belong to rows of a protected table; that to parent, unless it is NULL; then the one that was chosen before, if any. Errors: 55000 there is none; 42702 there are several.';

-- What was asked for the parent, as far as the child's policies follow from it, is kept with the child: they can be told
-- from others when the parent's are gone.
CREATE FUNCTION tenancy.asked_above(target regclass, asked jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    parent regclass := (SELECT confrelid FROM pg_constraint WHERE conrelid = target AND conname = asked ->> 'key' AND contype = 'f');
    above jsonb := tenancy.asked(parent);
    ancestor regclass := parent;
BEGIN
    FOR level IN 1 .. 4 LOOP
        ancestor := (SELECT confrelid FROM pg_constraint WHERE conrelid = ancestor AND conname = tenancy.asked(ancestor) ->> 'key' AND contype = 'f');
        EXIT WHEN ancestor IS NULL;
        IF ancestor = target OR level = 4 THEN
            RAISE EXCEPTION 'table % is more than four foreign keys away from an owner, or its parents go in a circle', target
                USING ERRCODE = 'invalid_object_definition',
                HINT = 'Give the table a tenant column of its own, and protect it with template tenant.';
        END IF;
    END LOOP;
    IF parent IS NOT NULL AND COALESCE(above ->> 'template', 'public_read') = 'public_read' THEN
        RAISE EXCEPTION 'rows of table % have no owner', parent USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = format('Those of table %s belong to them, by foreign key %I.', target, asked ->> 'key'),
            HINT = format('Protect that table first: SELECT tenancy.protect(%L).', parent);
    END IF;
    RETURN (SELECT jsonb_object_agg(key, value) FROM jsonb_each(above)
            WHERE key IN ('template', 'tenant_column', 'user_column', 'key', 'above', 'authenticated'));
END $$;
COMMENT ON FUNCTION tenancy.asked_above(regclass, jsonb) IS
'What was asked for the table that rows of this one, protected as asked, belong to; NULL if it has no such foreign key. Errors: 55000 that table is not protected, or for everybody to read; 42P17 a circle.';

CREATE FUNCTION tenancy.template_via_parent(target regclass, relation regclass, of_row text, asked jsonb,
    OUT reads text, OUT writes text, OUT active text, OUT commands text, OUT columns jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
#variable_conflict use_column
DECLARE
    key pg_constraint;
    referenced regclass;
    own_row text := COALESCE(of_row, quote_ident((SELECT relname FROM pg_class WHERE oid = relation)));
    parent_row text;
    level int := COALESCE(substring(of_row FROM '\d+$')::int, 0) + 1;
    joined text;
    owner record;
    above jsonb := asked -> 'above';
BEGIN
    SELECT * INTO key FROM pg_constraint WHERE conrelid = target AND conname = asked ->> 'key' AND contype = 'f';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'foreign key "%" of table % does not exist', asked ->> 'key', target USING ERRCODE = 'undefined_object',
            DETAIL = 'By it rows belonged to those of another table, when this one was protected.',
            HINT = format('SELECT tenancy.protect(%L, ...) says to whom they belong now.', target);
    END IF;
    referenced := key.confrelid;
    -- An alias that the policy's own table, which is named inside the sub-select, cannot have.
    parent_row := format('%s_%s', COALESCE(substring(of_row FROM '^(.*)_\d+$'),
        CASE WHEN (SELECT relname FROM pg_class WHERE oid = relation) LIKE 'tenancy_parent%' THEN 'tenancy_ancestor' ELSE 'tenancy_parent' END), level);
    SELECT string_agg(format('(%s OPERATOR(%s) %s)', tenancy.operand(referenced, p.attname, parent_row),
            (SELECT format('%I.%s', n.nspname, o.oprname) FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE o.oid = pair.operator),
            tenancy.operand(target, c.attname, own_row)), ' AND ' ORDER BY pair.position)
    INTO joined
    FROM unnest(key.conkey, key.confkey, key.conpfeqop) WITH ORDINALITY AS pair (referencing, referenced, operator, position)
    JOIN pg_attribute c ON c.attrelid = target AND c.attnum = pair.referencing
    JOIN pg_attribute p ON p.attrelid = key.confrelid AND p.attnum = pair.referenced;

    owner := tenancy.template(referenced, referenced, parent_row, above
        || CASE WHEN asked ? 'on_missing_tenant' THEN '{"on_missing_tenant": "error"}' ELSE '{}' END::jsonb);
    reads := format('(EXISTS ( SELECT 1 FROM %s %s WHERE (%s AND %s)))', referenced, parent_row, joined, owner.reads);
    writes := format('(EXISTS ( SELECT 1 FROM %s %s WHERE (%s AND %s)))', referenced, parent_row, joined, owner.writes);
    active := format('(EXISTS ( SELECT 1 FROM %s %s WHERE (%s AND %s)))', referenced, parent_row, joined, owner.active);
    active := CASE WHEN owner.active IS NOT NULL THEN active END;
    -- Else a row could be moved to another of the caller's tenants by its key, which is no tenant column.
    IF active IS NOT NULL AND NOT asked ? 'movable' THEN
        writes := active;
    END IF;
    commands := 'rawd';
    columns := (SELECT jsonb_build_array(tenancy.wanted_column(a.attname, NULL, required => false, fixed => false))
        FROM pg_attribute a WHERE a.attrelid = target AND a.attnum = key.conkey[1]);
END $$;
COMMENT ON FUNCTION tenancy.template_via_parent(regclass, regclass, text, jsonb) IS
'Template via_parent: see tenancy.template(). Error 42704 the foreign key is gone.';
