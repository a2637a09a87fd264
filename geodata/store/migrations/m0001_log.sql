-- What is known of the atlas as a whole, and the log of the batches (geodata/store/log.py).
CREATE TABLE atlas_meta (
    key text PRIMARY KEY,
    value text NOT NULL
);
CREATE TABLE batches (
    fid bigint PRIMARY KEY,
    batch_id text NOT NULL UNIQUE,
    time text NOT NULL,
    author text,
    table_name text NOT NULL,
    file text,
    file_hash text,
    crs text,
    rows bigint,
    added bigint,
    changed bigint,
    unchanged bigint,
    retired bigint,
    undone_at text,
    undone_by text
);
CREATE TABLE batch_changes (
    fid bigint PRIMARY KEY,
    batch_id text NOT NULL,
    table_name text NOT NULL,
    row_key text NOT NULL,
    row_fid bigint NOT NULL,
    other text
);
CREATE INDEX batch_changes_row ON batch_changes (table_name, row_key);
CREATE INDEX batch_changes_batch ON batch_changes (batch_id);
