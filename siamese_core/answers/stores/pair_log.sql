-- The log as a table: the columns of pairs.csv, and the place of a row in it. A row is added and never changed.
CREATE TABLE pair_log (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    schema text NOT NULL DEFAULT '',
    label_id text NOT NULL UNIQUE,
    event text NOT NULL DEFAULT '',
    target_id text NOT NULL DEFAULT '',
    created_at text NOT NULL DEFAULT '',
    session_id text NOT NULL DEFAULT '',
    annotator text NOT NULL DEFAULT '',
    source text NOT NULL DEFAULT '',
    task text NOT NULL DEFAULT '',
    group_id text NOT NULL DEFAULT '',
    left_id text NOT NULL DEFAULT '',
    right_id text NOT NULL DEFAULT '',
    answer text NOT NULL DEFAULT '',
    correction text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    probability text NOT NULL DEFAULT '',
    koch_checkpoint text NOT NULL DEFAULT '',
    koch_similarity text NOT NULL DEFAULT '',
    koch_threshold text NOT NULL DEFAULT '',
    resnet50_checkpoint text NOT NULL DEFAULT '',
    resnet50_similarity text NOT NULL DEFAULT '',
    resnet50_threshold text NOT NULL DEFAULT '',
    milliseconds text NOT NULL DEFAULT '',
    note text NOT NULL DEFAULT ''
);

-- A label is taken back once.
CREATE UNIQUE INDEX pair_log_undone ON pair_log (target_id) WHERE event = 'undo';

CREATE FUNCTION pair_log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of pair_log are only ever added' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER pair_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON pair_log
    FOR EACH STATEMENT EXECUTE FUNCTION pair_log_refuse();

-- Who adds rows holds this lock until they are committed. So positions are given in the order of the commits:
-- whoever has read up to a position has read all before it.
CREATE FUNCTION pair_log_lock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('pair_log'));
    RETURN NULL;
END $$;
CREATE TRIGGER pair_log_in_order BEFORE INSERT ON pair_log
    FOR EACH STATEMENT EXECUTE FUNCTION pair_log_lock();

CREATE FUNCTION pair_log_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('pair_log', '');
    RETURN NULL;
END $$;
CREATE TRIGGER pair_log_told AFTER INSERT ON pair_log
    FOR EACH STATEMENT EXECUTE FUNCTION pair_log_tell();
