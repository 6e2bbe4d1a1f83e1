-- The states of a server key: published, when every node learns to read with it; active, from `activated_at`, when it makes
-- new things; retired, from `retired_at`, when it only reads.

ALTER TABLE server_key ADD COLUMN activated_at BIGINT;
UPDATE server_key SET activated_at = created_at;
